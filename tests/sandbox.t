#!/bin/bash
# The program gives up its rights before it reads, and all that it is for still works then: odd
# places of EXPORTs and of DIR. What exactly is refused is tried by tests/unit/test_sandbox.c.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
input=$top/fixtures/good-v3.0-envelope/input

"$bin" -q --no-sandbox -o "$scratch/plain" "$input"
csv_sums "$scratch/plain" >"$scratch/good"
[ $? -eq 0 ] && [ -s "$scratch/good" ]; ok '--no-sandbox converts' $?
"$bin" -v --no-sandbox -o "$scratch/out" "$input" >"$scratch/told"
built=no
grep -q '^Sandbox: left out of this build$' "$scratch/told" || built=yes
[ $built = no ] || grep -q '^Sandbox: switched off by --no-sandbox$' "$scratch/told"
ok '-v tells of --no-sandbox' $?
rm -rf "$scratch/out"
"$bin" -v -o "$scratch/out" "$input" >"$scratch/told"
[ $built = no ] || { grep -q '^Landlock: ' "$scratch/told" && grep -q '^seccomp: ' "$scratch/told"; }
ok '-v tells what is in force' $?
# What the kernel has is asked without the program: it may be that which fails to.
"${CC:-cc}" -D_GNU_SOURCE -o "$scratch/old_kernel" tests/old_kernel/old_kernel.c || exit 1
landlock=no seccomp=no
[ $built = no ] || [ "$(perl -e 'print syscall(444, 0, 0, 1)')" -lt 2 ] || landlock=yes # its version
[ $built = no ] || ! "$scratch/old_kernel" /bin/true || seccomp=yes
[ $landlock = no ] || grep -q '^Landlock: in force' "$scratch/told"; ok 'Landlock is in force where the kernel has it' $?
[ $seccomp = no ] || grep -q '^seccomp: in force' "$scratch/told"; ok 'so is seccomp' $?
# Only builds that look into the program may do without.
[ $built = yes ] || nm "$bin" | grep -Eq '__([atm]san_init|gcov_exit)$'; ok 'no other build is without a sandbox' $?
cmp -s "$scratch/plain/review/summary.json" "$scratch/out/review/summary.json"
ok 'the result does not tell' $?

# On a kernel from before Landlock it goes on, and says so.
if [ $seccomp = yes ]; then
    rm -rf "$scratch/out"
    "$scratch/old_kernel" "$bin" -v -o "$scratch/out" "$input" >"$scratch/told" &&
        grep -q '^Landlock: not in force, the kernel does not have it$' "$scratch/told" &&
        csv_sums "$scratch/out" | cmp -s - "$scratch/good"
    ok 'on an old kernel it goes on, and -v says so' $?
fi

# A planted attempt to break out, with and without the sandbox.
"${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -o "$scratch/planted.so" tests/planted.c || exit 1
planted() { # OPTION... EXPORT
    rm -rf "$scratch/out" # an old result is read before the rights are given up
    mkdir -p "$scratch/cwd"
    (cd "$scratch/cwd" && LD_PRELOAD=$scratch/planted.so exec "$bin" -q -o "$scratch/out" "$@") \
        2>"$scratch/planted"
}
(cd "$input" && zip -q -X "$scratch/export.zip" ./*.json)
gzip -nc "$scratch/export.zip" >"$scratch/export.zip.gz"
if [ $built = yes ]; then
    planted --no-sandbox "$input"
    [ "$(grep -c '^planted .*: done$' "$scratch/planted")" -eq 4 ] && [ -e "$scratch/cwd/planted" ]
    ok 'without a sandbox what is planted succeeds' $? # but exec, which does not come back
    rm -rf "$scratch/cwd"
    for export in "$input" "$scratch/export.zip" "$scratch/export.zip.gz"; do
        planted "$export"
        status=$?
        refused=1
        [ $seccomp = no ] || [ "$(grep -Ec '^planted (socket|ptrace|exec): Function not implemented$' "$scratch/planted")" -eq 3 ] || refused=0
        [ $landlock = no ] || [ "$(grep -Ec '^planted (passwd|home): Permission denied$' "$scratch/planted")" -eq 2 ] || refused=0
        [ $refused -eq 1 ]
        ok "in it a planted socket, ptrace, exec and outside open are refused: ${export##*/}" $?
        [ $status -eq 0 ] || [ $seccomp = no ]; ok 'and the run goes on' $?
    done
fi

# same NAME DIR: the last run succeeded and DIR holds the result.
same() {
    status=$?
    [ $status -eq 0 ] && csv_sums "$2" | cmp -s - "$scratch/good"
    ok "$1" $?
}

# ---- EXPORTs ----
mkdir "$scratch/links" "$scratch/apart"
ln -s "$input" "$scratch/links/folder"
"$bin" -q -o "$scratch/a1" "$scratch/links/folder"; same 'EXPORT is a link to a folder' "$scratch/a1"
cp "$input"/*.json "$scratch/apart"
for file in "$scratch/apart"/*.json; do ln -s "../apart/${file##*/}" "$scratch/links/"; done
rm "$scratch/links/folder"
"$bin" -q -o "$scratch/a2" "$scratch/links"; same 'links in EXPORT lead out of it' "$scratch/a2"
"$bin" -q -o "$scratch/a3" "$scratch/links"/*.json; same 'EXPORTs are links to files' "$scratch/a3"
"$bin" -q -j4 -o "$scratch/a4" "$scratch/export.zip"; same 'a zip' "$scratch/a4"
"$bin" -q -o "$scratch/a5" "$scratch/export.zip.gz"; same 'a gzipped zip' "$scratch/a5"
"$bin" -q -o "$scratch/a6" - <"$scratch/export.zip"; same 'standard input is a file' "$scratch/a6"
cat "$scratch/export.zip.gz" | "$bin" -q -o "$scratch/a7" -; same 'standard input is a pipe' "$scratch/a7"
"$bin" -q -o "$scratch/a8" /dev/stdin <"$scratch/export.zip"; same '/dev/stdin' "$scratch/a8"
"$bin" -q -o "$scratch/a9" <(cat "$scratch/export.zip"); same 'a pipe by name' "$scratch/a9"
mkfifo "$scratch/fifo"
cat "$scratch/export.zip" >"$scratch/fifo" &
"$bin" -q -o "$scratch/a10" "$scratch/fifo"; same 'a FIFO' "$scratch/a10"
mkdir "$scratch/csv"
echo School_id,School_name >"$scratch/csv/schools.csv"
printf '1,Sal\351s\n' >>"$scratch/csv/schools.csv"
for encoding in windows-1252 iso-8859-1; do
    "$bin" -q -j3 --users-only --allow-empty teachers --allow-empty students --encoding $encoding \
        -o "$scratch/decoded" "$scratch/csv"
    [ $? -eq 0 ] && grep -q '^1,Salés,' "$scratch/decoded/School.csv"
    ok "decoders for $encoding are there" $?
done

# ---- DIR ----
(cd "$scratch" && "$bin" -q -o b1 "$input"); same 'a relative DIR' "$scratch/b1"
(cd "$scratch" && "$bin" -q -o ./b2/../b2/new/er "$input"); same 'missing parents, with ..' "$scratch/b2/new/er"
"$bin" -q -o "$scratch/b3/c/d" "$input"; same 'missing parents' "$scratch/b3/c/d"
"$bin" -q -o "$scratch/b3/c/d" "$input"; same 'the same again' "$scratch/b3/c/d"
printf '{"data":[' >"$scratch/students.json"
(cd "$scratch" && "$bin" -q -o b4/c/d students.json 2>/dev/null)
[ $? -eq 3 ] && [ ! -e "$scratch/b4" ]; ok 'parents are removed after a failure' $?
"$bin" -q -o "$scratch/b5/c/d" "$scratch/students.json" 2>/dev/null
[ $? -eq 3 ] && [ ! -e "$scratch/b5" ]; ok 'also with a whole path' $?
ln -s "$scratch/b1" "$scratch/b6"
"$bin" -q -o "$scratch/b6" "$input"; same 'DIR is a link' "$scratch/b1"
[ -L "$scratch/b6" ]; ok 'which it stays' $?
mkdir "$scratch/e1"
cp "$input"/*.json "$scratch/e1"
for time in first second; do
    "$bin" -q -o "$scratch/e1/sds" "$scratch/e1"; same "DIR in EXPORT, $time time" "$scratch/e1/sds"
done
(cd "$scratch/e1" && "$bin" -q . ); same 'EXPORT is the working folder, DIR the usual one' "$scratch/e1/sds"
mkdir "$scratch/e2"
cp -R "$input" "$scratch/e2/export"
"$bin" -q -o "$scratch/e2/sds" "$scratch/e2/export"; same 'EXPORT beside DIR' "$scratch/e2/sds"

# What is somebody else's in DIR, of all kinds, EXPORT among it.
cp -R "$input" "$scratch/e2/sds/export"
echo mine >"$scratch/e2/sds/stranger.txt"
ln -s nowhere "$scratch/e2/sds/link"
mkfifo "$scratch/e2/sds/fifo"
echo note >"$scratch/e2/sds/review/note.txt"
mkdir "$scratch/e2/sds/review/older"
"$bin" -q -o "$scratch/e2/sds" "$scratch/e2/sds/export"; same 'EXPORT in DIR' "$scratch/e2/sds"
[ -e "$scratch/e2/sds/export/users.json" ] && [ "$(cat "$scratch/e2/sds/stranger.txt")" = mine ] &&
    [ -L "$scratch/e2/sds/link" ] && [ -p "$scratch/e2/sds/fifo" ] &&
    [ "$(cat "$scratch/e2/sds/review/note.txt")" = note ] && [ -d "$scratch/e2/sds/review/older" ] &&
    [ "$(ls -A "$scratch/e2" | xargs)" = 'export sds' ]
ok 'strangers of all kinds are still there, and nothing else' $?
"$bin" -q --check -o "$scratch/e2/sds" "$input"; same '--check over an old result' "$scratch/e2/sds"
grep -q '"published":.*false' "$scratch/e2/sds/review/summary.json" &&
    [ "$(cat "$scratch/e2/sds/review/note.txt")" = note ]; ok 'renews the review only' $?
"$bin" -q --check -o "$scratch/e3" "$input"
[ $? -eq 0 ] && [ "$(ls "$scratch/e3")" = review ]; ok '--check without one' $?
"$bin" -q --max-errors 0 -o "$scratch/e2/sds" fixtures/demo/input 2>/dev/null
[ $? -eq 5 ] && csv_sums "$scratch/e2/sds" | cmp -s - "$scratch/good"; ok 'status 5 over an old result' $?
other=$(mktemp -d /dev/shm/clever2sds-XXXXXX 2>/dev/null || mktemp -d "$HOME/clever2sds-XXXXXX")
"$bin" -q -o "$other/sds" "$scratch/export.zip"; same 'DIR on another file system' "$other/sds"
rm -rf "$other"

# A single file that is replaced during the run: the new one is not what was asked for.
mkfifo "$scratch/wait"
cat "$input"/*.json >"$scratch/one.json"
"$bin" -q -o "$scratch/f1" "$scratch/one.json" "$scratch/wait" 2>"$scratch/err" &
pid=$!
exec 3>"$scratch/wait" # goes on when the program has come to the second EXPORT
cp "$scratch/one.json" "$scratch/new.json"
mv "$scratch/new.json" "$scratch/one.json"
exec 3>&-
wait $pid
[ $? -eq 3 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && [ ! -e "$scratch/f1" ] &&
    grep -q 'one.json: was changed' "$scratch/err"
ok 'an EXPORT that is replaced during the run' $?

# ---- modes ----
bad=0
for mask in 000 022 027 077 777; do
    (umask $mask; mkdir -m 700 "$scratch/m$mask"; "$bin" -q -o "$scratch/m$mask/sds" "$input") || bad=1
    [ -z "$(find "$scratch/m$mask/sds" -type f ! -perm 600)" ] || bad=1
    [ -z "$(find "$scratch/m$mask/sds" -type d ! -perm 700)" ] || bad=1
done
ok 'files are 0600 and folders 0700 whatever the umask' $bad
(umask 027; "$bin" -q -o "$scratch/m/parent/sds" "$input")
[ -n "$(find "$scratch/m/parent" -maxdepth 0 -perm 750)" ]; ok 'parents that are made follow it' $?

# ---- no network, no programs ----
# (of a sanitizer's runtime this cannot be said)
forbidden='socket|socketpair|connect|bind|listen|accept4?|send|sendto|sendm?msg|recv|recvfrom|recvm?msg'
forbidden="$forbidden|[gs]etsockopt|getpeername|getsockname|getaddrinfo|getnameinfo|gethostby.*|getservby.*"
forbidden="$forbidden|getifaddrs|res_.*|dn_.*|if_nameto.*|rcmd.*|dlopen|dlsym|system|popen|fork|vfork"
forbidden="$forbidden|exec[vl].*|fexecve|posix_spawn.*|ptrace|process_vm_.*|io_uring.*"
imports() {
    nm -D --undefined-only "$1" | sed 's/.* [Uw] //; s/@.*//' | grep -Ex "$forbidden" |
        sed 's/^/# imports /'
}
sanitized=no
nm -D "$bin" | grep -Eq '__(a|t|m)san_init' && sanitized=yes
[ $sanitized = yes ] || ! imports "$bin" | grep .; ok 'the program imports no function for networks or other programs' $?
cat >"$scratch/net.c" <<'C'
#include <netdb.h>
int main(void) { struct addrinfo *a; return getaddrinfo("a", "b", 0, &a); }
C
"${CC:-cc}" -o "$scratch/net" "$scratch/net.c" && [ "$(imports "$scratch/net")" = '# imports getaddrinfo' ]
ok 'one that does would be noticed' $?
plan_done
