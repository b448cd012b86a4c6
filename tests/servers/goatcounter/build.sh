#!/usr/bin/env bash
# Builds the GoatCounter servers that the tests run: build.sh FOLDER makes FOLDER/{2.5.0,2.6.0,2.7.0}/goatcounter.
#
# Each release is asked for by its own version first. Where the module proxy refuses an old one, the newest release is
# built in its place: the same server, stamped with the old version and serving the tracker of that old release, whose
# bytes every later release carries (count.js of 2.5.0 is count.v4.js, that of 2.6.0 is count.v5.js). FOLDER/VERSION/origin
# then says `restamped`, else `released`, and the tests repeat it.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
newest=2.7.0
module=zgo.at/goatcounter/v2
export GOFLAGS="-buildvcs=false" GOTOOLCHAIN=local

# Releases are stamped with their tag at compile time; without it, a server calls itself "dev".
stamp() { echo "-s -w -X $module.Version=v$1"; }

build() { # VERSION MODFILE
    (cd "$here" && go build -mod=readonly -modfile "$2" -ldflags "$(stamp "$1")" -o "$out/$1/goatcounter" $module/cmd/goatcounter)
}

restamp() { # VERSION FROZEN_TRACKER
    local copy
    copy=$(mktemp -d)
    # Where nothing was built yet, the module's source is not there either.
    (cd "$here" && go mod download $module && cp -R "$(go list -mod=readonly -m -f '{{.Dir}}' $module)" "$copy/source")
    chmod -R u+w "$copy"
    cp "$copy/source/public/$2" "$copy/source/public/count.js"
    cp "$here/go.mod" "$here/go.sum" "$copy/"
    (cd "$copy" && go mod edit -replace "$module=$copy/source" go.mod)
    build "$1" "$copy/go.mod"
    rm -rf "$copy"
    echo restamped > "$out/$1/origin"
}

for row in 2.5.0:count.v4.js 2.6.0:count.v5.js "$newest":; do
    version=${row%%:*} frozen=${row#*:}
    if [ -x "$out/$version/goatcounter" ] && [ -s "$out/$version/origin" ]; then continue; fi
    mkdir -p "$out/$version"
    if [ "$version" = "$newest" ]; then
        build "$version" "$here/go.mod"
        echo released > "$out/$version/origin"
    elif GOBIN="$out/$version" go install -ldflags "$(stamp "$version")" "$module/cmd/goatcounter@v$version" 2> "$out/$version/log"; then
        echo released > "$out/$version/origin"
    else
        restamp "$version" "$frozen"
    fi
    echo "goatcounter $version: $(cat "$out/$version/origin")"
done
