#!/bin/sh
# What `make install` puts where, and what the manual page and the completions know.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
build=${BUILD:-$top/build}
root=$scratch/root
share=$root/opt/c2s/share

umask 077
make -s install BUILD="$build" DESTDIR="$root" PREFIX=/opt/c2s >"$scratch/make" 2>&1
ok 'make install' $?
(cd "$root" && find . -printf '%m %y %P\n' | LC_ALL=C sort -k 3) >"$scratch/is"
cat >"$scratch/should" <<'END'
755 d opt/c2s/bin
755 f opt/c2s/bin/clever2sds
755 d opt/c2s/share
755 d opt/c2s/share/bash-completion
755 d opt/c2s/share/bash-completion/completions
644 f opt/c2s/share/bash-completion/completions/clever2sds
755 d opt/c2s/share/doc
755 d opt/c2s/share/doc/clever2sds
644 f opt/c2s/share/doc/clever2sds/README.md
755 d opt/c2s/share/doc/clever2sds/converter
644 f opt/c2s/share/doc/clever2sds/converter/README.md
755 d opt/c2s/share/doc/clever2sds/examples
644 f opt/c2s/share/doc/clever2sds/examples/clever2sds.cron
644 f opt/c2s/share/doc/clever2sds/examples/clever2sds.service
644 f opt/c2s/share/doc/clever2sds/examples/clever2sds.sysusers
644 f opt/c2s/share/doc/clever2sds/examples/clever2sds.timer
644 f opt/c2s/share/doc/clever2sds/examples/profile.json
755 d opt/c2s/share/doc/clever2sds/formats
644 f opt/c2s/share/doc/clever2sds/formats/README.md
755 d opt/c2s/share/man
755 d opt/c2s/share/man/man1
644 f opt/c2s/share/man/man1/clever2sds.1
755 d opt/c2s/share/zsh
755 d opt/c2s/share/zsh/site-functions
644 f opt/c2s/share/zsh/site-functions/_clever2sds
END
grep ' opt/c2s/' "$scratch/is" | grep -v '/LICENSE$' | diff "$scratch/should" - >&2
ok 'it installs these files with these rights, whatever the umask' $?
"$root/opt/c2s/bin/clever2sds" --version >/dev/null; ok 'the installed program runs' $?

# The manual page
man=$share/man/man1/clever2sds.1
LC_ALL=C groff -wall -man -Tutf8 -z "$man" >"$scratch/said" 2>&1 && [ ! -s "$scratch/said" ]
ok 'groff has nothing to say to the manual page' $?
mandoc -Tlint -Wall "$man" >"$scratch/said"; [ ! -s "$scratch/said" ]
ok 'nor has mandoc' $?
MANWIDTH=500 mandoc -Tascii -O width=500 "$man" | sed 's/.\x08//g' >"$scratch/page"
missing=''
for word in $("$bin" --help | grep -o '^  \(-., \)\?--[a-z-]*' | grep -o -- '--.*') \
    $("$bin" --list-codes | cut -d ' ' -f 1); do
    grep -q "^ *\(-., \)\?$word\( \|$\)" "$scratch/page" || missing="$missing $word"
done
[ -z "$missing" ] || echo "# missing:$missing"
[ -z "$missing" ]; ok 'every option and every code has its paragraph' $?
[ "$(sed -n '/^EXIT STATUS/,/^ENVIRONMENT/s/^ *\([0-9]\)  .*/\1/p' "$scratch/page" | tr -d '\n')" = 012345 ]
ok 'so has every exit status' $?
! grep -q '@[A-Z]*@' "$man" && grep -q '/opt/c2s/share/doc/clever2sds/README.md' "$scratch/page"
ok 'it says where the documents are' $?
for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' ENVIRONMENT FILES DIAGNOSTICS \
    EXAMPLES SECURITY 'SEE ALSO'; do
    grep -qx "$section" "$scratch/page" || echo "# no $section"
done >"$scratch/said"
[ ! -s "$scratch/said" ]; ok 'it has all sections' $?

# Completion. What is typed, then what is offered.
cat >"$scratch/lines" <<'END'
clever2sds --sync |existing new
clever2sds --sync=|existing new
clever2sds --sync=n|new
clever2sds --match-students s|secondary-email
clever2sds --username-from email-|email-local
clever2sds --allow-empty s|schools sections students student-enrollment
clever2sds --encoding w|windows-1252
clever2sds --no-v|--no-values
clever2sds -q --list-c|--list-codes --list-columns
clever2sds --treat unknown_g|unknown_grade=
clever2sds --treat unknown_grade=w|warning
clever2sds --treat=unknown_grade=|error warning info
clever2sds --with Student.B|Student.Birthdate
clever2sds --without Student.U|
clever2sds --domain |
clever2sds -o f|folder
clever2sds --output=f|folder
clever2sds f|file folder
clever2sds --check file f|file folder
END
mkdir "$scratch/here" "$scratch/here/folder"
: >"$scratch/here/file"

cat >"$scratch/bash" <<'END'
source "$1"
complete -p clever2sds | grep -q -- '-F _clever2sds' || exit 1
while IFS='|' read -r line offers; do
    # As readline does: "=" is a word of its own.
    read -ra COMP_WORDS <<<"${line//=/ = }"
    [[ $line != *\  ]] || COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _clever2sds
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
    want=$(printf '%s\n' $offers | sort | tr '\n' ' ')
    [[ "${got% }" == "${want% }" ]] || { echo "# $line: $got, not $want"; bad=1; }
done <"$2"
exit ${bad-0}
END
bash -n "$share/bash-completion/completions/clever2sds"; ok 'bash reads its completion' $?
(cd "$scratch/here" &&
    bash "$scratch/bash" "$share/bash-completion/completions/clever2sds" "$scratch/lines")
ok 'bash offers what fits' $?

# zsh completes in a terminal of its own. What compadd is given as fitting goes to a file.
cat >"$scratch/setup.zsh" <<'END'
PS1='ready> ' fpath=($functions_folder $fpath)
autoload -U compinit && compinit -u -D
unsetopt autolist automenu
compadd() {
    local -a fitting
    # Only asked whether something would fit
    [[ ${@[1,(i)(-|--)]} == *-[OAD]\ * ]] && { builtin compadd "$@"; return }
    builtin compadd -O fitting "$@"
    print -rl -- $fitting >>$offered
    builtin compadd "$@"
}
END
cat >"$scratch/zsh" <<'END'
zmodload zsh/zpty
export functions_folder=$1 offered=$3
here=$PWD
zpty shell zsh -f -i
# While it is not at its prompt, the terminal would take the keys for its own.
ready() { zpty -r shell seen '*ready> ' }
zpty -w shell "source $4; cd ${(q)here}"
ready
while IFS='|' read -r line offers; do
    zpty -w -n shell "$line"$'\t\C-u'
    zpty -w shell "print '|' >>$offered"
    ready
done <$2
zpty -d shell
tr '\n' ' ' <$offered | tr '|' '\n' | sed 's/^ *//; s/ *$//' >$offered.lines
while IFS='|' read -r line offers <&3 && IFS= read -r got <&4; do
    offers=${offers%=} # a suffix to zsh, not part of the word
    [[ ${(j: :)${(ou)${=got}}} == ${(j: :)${(o)${=offers}}} ]] ||
        { print -r "# $line: $got, not $offers"; bad=1 }
done 3<$2 4<$offered.lines
exit $bad
END
: >"$scratch/offered"
zsh -n "$share/zsh/site-functions/_clever2sds"; ok 'zsh reads its completion' $?
(cd "$scratch/here" && TERM=dumb ZDOTDIR=$scratch zsh -f "$scratch/zsh" \
    "$share/zsh/site-functions" "$scratch/lines" "$scratch/offered" "$scratch/setup.zsh")
ok 'zsh offers what fits' $?

make -s uninstall BUILD="$build" DESTDIR="$root" PREFIX=/opt/c2s >"$scratch/make" 2>&1
[ -z "$(find "$root" ! -type d)" ] && [ ! -e "$share/doc/clever2sds" ]; ok 'make uninstall removes them all' $?
plan_done
