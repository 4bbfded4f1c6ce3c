#!/bin/sh
# Makes a Debian package of what is installed in FOLDER/root; the same bytes whenever and wherever.
#   SOURCE_DATE_EPOCH=... deb.sh FOLDER
set -eu
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
umask 022
cd "$1"
doc=root/usr/share/doc/clever2sds

strip --strip-unneeded --remove-section=.comment --remove-section=.note root/usr/bin/clever2sds
gzip -9n root/usr/share/man/man1/clever2sds.1
gzip -9n <"$here/changelog" >$doc/changelog.gz
if [ -f "$here/../../LICENSE" ]; then
    rm -f $doc/LICENSE
    { cat "$here/copyright"; echo; cat "$here/../../LICENSE"; } >$doc/copyright
else
    cp "$here/copyright" $doc/copyright
fi
chmod 644 $doc/*.gz $doc/copyright

# Debian's own tools fill in what the package depends on and how big it is.
mkdir -m 755 debian root/DEBIAN
cp "$here/control" "$here/changelog" debian/
dpkg-shlibdeps -Tdebian/substvars root/usr/bin/clever2sds
dpkg-gencontrol -pclever2sds -Tdebian/substvars -fdebian/files -Proot
(cd root && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

# dpkg-deb makes later times this one; earlier ones are made so here.
find root -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build root .
ls "$1"/*.deb 2>/dev/null || ls "$PWD"/*.deb
