#!/bin/sh
# Prints what completes a command line in bash or zsh, made of the program's own tables.
#   completion.sh bash|zsh PROGRAM
set -eu
LC_ALL=C
export LC_ALL
shell=$1 program=$2

options=$("$program" --list-options)
codes=$("$program" --list-codes | awk '{ print $1 }')
# Required columns are written in any case, so --with and --without have no use for them.
columns=$("$program" --list-columns | awk '$NF != "required" { sub(/ +[^ ]+$/, ""); print }')

# The lines as a list of the shell, each in single quotes.
list() { # NAME LINES
    printf '    %s=(\n' "$1"
    printf '%s\n' "$2" | sed "s/'/'\\\\''/g; s/.*/        '&'/"
    echo '    )'
}

# shellcheck disable=SC2016 # $3 is awk's
# What kind of value an option takes; its fields are letter, name, value, words, meaning.
kind='function kind() {
    if ($3 == "") return "flag"
    if ($3 == "DIR") return "folder"
    if ($3 == "FILE") return "file"
    if ($3 == "FILE.COLUMN") return "column"
    if ($3 ~ /^CODE=/) return "treat"
    return $4 == "" ? "free" : "words"
}'

bash_completion() {
    cat <<'END'
# Completes the command line of clever2sds in bash. Made by its build, do not edit.

_clever2sds()
{
    local IFS=$'\n' at=$COMP_CWORD
    local cur=${COMP_WORDS[at]} option=${COMP_WORDS[at - 1]} treated='' kind=file words=''
    local -a options codes columns
END
    list options "$(printf '%s\n' "$options" |
        awk -F '\t' '{ print "--" $2; if ($1 != "") print "-" $1 }')"
    list codes "$codes"
    list columns "$columns"
    cat <<'END'
    # bash takes "--sync=new" for the three words --sync, = and new.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $option == = ]]; then
        ((at--))
        option=${COMP_WORDS[at - 1]}
    fi
    # Behind CODE= of "--treat CODE=SEVERITY" and "--treat=CODE=SEVERITY".
    if [[ ${COMP_WORDS[at]} == = && $option != -* && at -ge 3 ]]; then
        treated=${COMP_WORDS[at - 2]}
        [[ $treated == = && at -ge 4 ]] && treated=${COMP_WORDS[at - 3]}
    fi
    case $option in
END
    printf '%s\n' "$options" | awk -F '\t' "$kind"'
        kind() != "flag" {
            gsub(/ /, "\\n", $4)
            set = kind() == "words" ? " words=$\047" $4 "\047" : ""
            print "    --" $2 ($1 == "" ? "" : " | -" $1) ") kind=" kind() set " ;;"
        }'
    cat <<'END'
    *)
        if [[ $treated == --treat ]]; then
            kind=words words=$'error\nwarning\ninfo'
        elif [[ $cur == -?* ]]; then
            kind=option
        fi
        ;;
    esac
    # "filenames" also has the blanks in names of columns quoted.
    case $kind in
    option) words=${options[*]} ;;
    column) words=${columns[*]} && compopt -o filenames 2>/dev/null ;;
    treat) words=${codes[*]/%/=} && compopt -o nospace 2>/dev/null ;;
    file | folder) compopt -o filenames 2>/dev/null ;;
    esac
    COMPREPLY=()
    case $kind in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    folder) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    free) ;;
    *)
        cur=${cur#[\"\']}
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "${cur//\\ / }")
        ;;
    esac
}

complete -F _clever2sds clever2sds
END
}

zsh_completion() {
    cat <<'END'
#compdef clever2sds
# Completes the command line of clever2sds in zsh. Made by its build, do not edit.

_clever2sds_treat()
{
    if compset -P '*='; then
        compadd -- error warning info
    else
        compadd -S = -a codes
    fi
}

_clever2sds()
{
    local -a codes columns
END
    list codes "$codes"
    list columns "$columns"
    printf '    _arguments -s -S \\\n'
    printf '%s\n' "$options" | awk -F '\t' "$kind"'
    function plain(text) {
        gsub(/\[/, "\\[", text); gsub(/\]/, "\\]", text); gsub(/:/, "\\:", text)
        gsub(/\047/, "\047\\\047\047", text)
        return text
    }
    BEGIN {
        action["folder"] = "_files -/"; action["file"] = "_files"; action["free"] = "( )"
        action["column"] = "{compadd -a columns}"; action["treat"] = "_clever2sds_treat"
    }
    {
        value = kind() == "flag" ? "" : ":" plain($3) ":" action[kind()]
        if (kind() == "words") value = value "(" $4 ")"
        help = "[" plain($5) "]"
        long = "--" $2 ($3 == "" ? "" : "=")
        short = $1 == "" ? "" : "-" $1 ($3 == "" ? "" : "+")
        more = $5 ~ /repeatable/ ? "*" : ""
        if (short == "")
            print "        \047" more long help value "\047 \\"
        else
            print "        \047(-" $1 " --" $2 ")\047{" short "," long "}\047" help value "\047 \\"
    }'
    cat <<'END'
        '*:EXPORT:_files'
}

_clever2sds "$@"
END
}

case $shell in
bash | zsh) "${shell}_completion" ;;
*) echo "completion.sh: bash or zsh, not $shell" >&2; exit 2 ;;
esac
