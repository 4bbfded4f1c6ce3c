# Shared by the scripts that build libraries: an apt of its own in the folder `apt` of the working
# folder, for the architecture $arch, with this machine's Debian mirror, sources too, signed by Debian.
# Nothing of the machine's own settings is changed. Sourced; `rm -rf apt` when done.
mkdir -p apt/lists/partial apt/cache/archives/partial apt/parts apt/state

# Of equal versions the first place's is taken: Debian's own before that of its security updates, which
# may list sources that it does not hold.
# shellcheck disable=SC2016 # filled in by apt
apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
    --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' | LC_ALL=C sort -ru |
    while read -r place; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $place"
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $place"
    done >apt/sources.list
[ -s apt/sources.list ] || {
    echo "${0##*/}: apt knows of no Debian mirror; run apt-get update first" >&2
    exit 1
}
cat >apt/apt.conf <<END
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::Etc::sourcelist "$PWD/apt/sources.list";
Dir::Etc::sourceparts "$PWD/apt/parts";
Dir::State "$PWD/apt/state";
Dir::State::lists "$PWD/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$PWD/apt/cache";
END
export APT_CONFIG="$PWD/apt/apt.conf"
apt-get -qq update
