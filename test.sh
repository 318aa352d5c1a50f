#!/usr/bin/env bash
# Everything the product promises, checked: set-up, locked restore, Release build, formatting, every test project, fuzzing.
#   ./test.sh                      all of it
#   ./test.sh NAME...              only these test projects, e.g. Server EndToEnd
#   ./test.sh NAME... -- ARGS...   ARGS go to the test programs, e.g. -method '*raw*'
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 1
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# A project that takes longer hangs.
limit_seconds=900
passed=0 failed=0 skipped=0

step() { printf '\n== %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

names=() arguments=()
while (($# > 0)); do
  if [[ $1 == -- ]]; then shift; arguments=("$@"); break; fi
  names+=("$1")
  shift
done

projects=()
if ((${#names[@]} == 0)); then
  for path in test/*.Tests/*.csproj test/*.EndToEnd/*.csproj; do projects+=("$(basename -- "$path" .csproj)"); done
else
  for name in "${names[@]}"; do
    for project in "$name" "ComfyStream.$name" "ComfyStream.$name.Tests"; do
      [[ ! -f test/$project/$project.csproj ]] || { projects+=("$project"); continue 2; }
    done
    die "no test project is called $name; there are: $(cd test && echo *)"
  done
fi

step "set-up"
./comfystream setup --tests || exit 1
command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0"

step "restore and build"
dotnet restore ComfyStream.slnx --locked-mode -v q || die "the restore failed"
dotnet build ComfyStream.slnx -c Release --no-restore -v q || die "the build failed"

step "format"
if dotnet format ComfyStream.slnx --verify-no-changes --no-restore; then
  passed=$((passed + 1))
else
  echo "the formatting differs: run 'dotnet format ComfyStream.slnx'"
  failed=$((failed + 1))
fi

output="$(mktemp)"
trap 'rm -f -- "$output"' EXIT
count() { sed -nE "s/.*Total: [0-9]+,.* $1: ([0-9]+),.*/\1/p" "$output" | tail -n 1; }
total() { sed -nE 's/.*Total: ([0-9]+),.*/\1/p' "$output" | tail -n 1; }

for project in "${projects[@]}"; do
  step "$project"
  timeout --kill-after=10 "$limit_seconds" dotnet "test/$project/bin/Release/net10.0/$project.dll" -noColor ${arguments[@]+"${arguments[@]}"} 2>&1 | tee "$output"
  code=${PIPESTATUS[0]}
  all="$(total)"
  if [[ -z $all ]]; then
    echo "$project ended with exit code $code and without a summary (124: it ran longer than $limit_seconds s)"
    failed=$((failed + 1))
    continue
  fi
  bad=$(($(count Failed) + $(count Errors)))
  if ((code != 0 && bad == 0)); then
    echo "$project ended with exit code $code"
    bad=1
  elif ((all == 0 && ${#arguments[@]} == 0)); then
    echo "$project has no tests"
    bad=1
  fi
  idle=$(($(count Skipped) + $(count 'Not Run')))
  failed=$((failed + bad))
  skipped=$((skipped + idle))
  good=$((all - bad - idle))
  passed=$((passed + (good > 0 ? good : 0)))
done

# Every parser for a second, always with the same inputs; docs/fuzzing.md has the longer runs.
if ((${#names[@]} == 0)); then
  step "fuzzing"
  if timeout --kill-after=10 "$limit_seconds" dotnet test/ComfyStream.Fuzzing/bin/Release/net10.0/ComfyStream.Fuzzing.dll all --seconds 1 --seed 1; then
    passed=$((passed + 1))
  else
    echo "fuzzing found something: the line that begins with 'Again:' repeats it"
    failed=$((failed + 1))
  fi
fi

summary="$passed passed, $failed failed"
((skipped == 0)) || summary+=", $skipped skipped"
printf '\n%s\n' "$summary"
((failed == 0))
