#!/bin/sh
# tools/setup, on machines made of shell functions: it asks for what is missing, and for nothing else.
. tests/tools/lib.sh

# machine NAME: a folder of commands that stand for the system's. What they are asked goes to $work/asked.
mkdir bin
stub() { printf '#!/bin/sh\n%b\n' "$2" >"bin/$1" && chmod +x "bin/$1"; }
stub dpkg 'echo amd64'
stub id 'echo ${USER_ID:-0}'
stub apt-get 'echo "apt-get $*" >>'"$work/asked"
# All that is in $work/packages is installed.
stub dpkg-query 'for name; do grep -qx -e "$name" '"$work/packages"' && echo "$name ii "; done; true'
machine() { PATH=$work/bin:$PATH; rm -f "$work/asked"; "$@"; status=$?; cat "$work/asked" 2>/dev/null; return $status; }
asked_nothing() { machine "$@" && [ ! -e "$work/asked" ]; }

setup lint --list | tr ' ' '\n' >packages
accepts "all there: nothing is asked" asked_nothing setup lint
grep -vx clang packages >fewer && mv fewer packages
accepts "make run does not need clang" asked_nothing setup run
as_root() { machine setup test >out && grep -qx 'apt-get update.*' asked && grep -q 'install.* clang$' asked; }
accepts "root: it installs that one" as_root
as_user() { USER_ID=1000 machine setup test; }
export USER_ID=1000
refuses "a user: it says what to run, and fails" "apt-get install -y --no-install-recommends clang" as_user
not_run() { [ ! -e asked ]; }
accepts "a user: nothing is run" not_run
refuses "an unknown goal" "there are:" setup something

# Not Debian: by commands.
rm bin/dpkg-query
elsewhere() { PATH=$work/bin "$top/tools/setup" run; }
for command in sh cat grep tr sed gcc make capnp; do ln -sf "$(command -v $command)" bin/$command; done
accepts "elsewhere, with the commands" elsewhere
rm bin/capnp
refuses "elsewhere, without one" "capnp" elsewhere
finish
