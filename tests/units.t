#!/bin/sh
# The examples for every night: what is installed, and whether cron, systemd and the program itself
# are content with them.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
build=${BUILD:-$top/build}

env -u MAKEFLAGS -u MAKELEVEL make -s install BUILD="$build" DESTDIR="$scratch/root" PREFIX=/opt/c2s \
    >"$scratch/o" 2>&1
[ $? -eq 0 ] && [ -x "$scratch/root/opt/c2s/bin/clever2sds" ]; ok 'make install' $?
there=$scratch/root/opt/c2s/share/doc/clever2sds/examples
[ "$(ls "$there")" = "$(ls converter/examples)" ]; ok 'installs the examples' $?
grep -q '^ExecStart=/opt/c2s/bin/clever2sds ' "$there/clever2sds.service" &&
    grep -q ' /opt/c2s/bin/clever2sds ' "$there/clever2sds.cron" && ! grep -rq /usr/local/bin "$there"
ok 'with the place of the program in them' $?

# The commands in the examples, with the example of a profile.
"$bin" --profile converter/examples/profile.json --print-profile >"$scratch/options" 2>&1; ok 'the profile is one' $?
command_of() { # TEXT: its options, and what they come to
    options=$(echo "$1" | sed -n 's|.*/usr/local/bin/clever2sds ||p' |
        sed 's|/etc/clever2sds/profile.json|converter/examples/profile.json|')
    # shellcheck disable=SC2086
    [ -n "$options" ] && "$bin" $options --print-profile
}
command_of "$(grep ^ExecStart= converter/examples/clever2sds.service)" >"$scratch/service"; ok 'the service'"'"'s command is right' $?
command_of "$(grep -v '^#' converter/examples/clever2sds.cron)" >"$scratch/cron"; ok 'so is that for cron' $?
cmp -s "$scratch/service" "$scratch/cron" && grep -q '"export":.*/srv/clever/export' "$scratch/cron"
ok 'they do the same' $?
grep -Eqx '[0-9*]+ [0-9*]+ \* \* \*  [a-z0-9]+  /.*' converter/examples/clever2sds.cron &&
    ! grep -v '^#' converter/examples/clever2sds.cron | grep -q %
ok 'the line for cron has time, user and command' $?
user=$(sed -n 's/^User=//p' converter/examples/clever2sds.service)
[ -n "$user" ] && grep -q "^u $user " converter/examples/clever2sds.sysusers && grep -q "  $user  " converter/examples/clever2sds.cron
ok 'all speak of the same user' $?

# systemd looks for the program, so it gets the one that was built.
mkdir "$scratch/units"
sed "s|/usr/local/bin/clever2sds|$bin|" converter/examples/clever2sds.service >"$scratch/units/clever2sds.service"
cp converter/examples/clever2sds.timer "$scratch/units"
if command -v systemd-analyze >/dev/null 2>&1; then
    (cd "$scratch/units" && systemd-analyze verify ./clever2sds.service ./clever2sds.timer) >"$scratch/o" 2>&1
    [ $? -eq 0 ] && [ ! -s "$scratch/o" ]
    result=$?
    sed 's/^/# /' "$scratch/o"
    ok 'systemd-analyze verify has nothing to say' $result
    calendar=$(sed -n 's/^OnCalendar=//p' converter/examples/clever2sds.timer)
    systemd-analyze calendar "$calendar" 2>&1 | grep -q '02:30:00'; ok 'the timer'"'"'s time is one' $?
else
    ok 'systemd-analyze verify # SKIP there is no systemd-analyze here (Debian package systemd)' 0
fi
if systemd-analyze security --offline=true --help >/dev/null 2>&1; then
    systemd-analyze security --offline=true --no-pager --threshold=10 \
        "$scratch/units/clever2sds.service" >"$scratch/o" 2>&1
    result=$?
    tail -n 1 "$scratch/o" | sed 's/^/# /'
    ok 'systemd-analyze security: exposure of at most 1.0' $result
else
    ok 'systemd-analyze security # SKIP this one cannot look at a file (needs version 250)' 0
fi
plan_done
