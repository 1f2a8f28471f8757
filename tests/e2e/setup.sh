#!/usr/bin/env bash
# Installs what the end-to-end test needs besides Rust, into a cache folder outside the repository:
#   cargo-lambda and zig       from PyPI, in a virtual environment
#   AWS's Runtime Interface Emulator, out of the SAM CLI's wheel, which is not installed itself
#   MiniStack, boto3, the SAM translator, the CloudEvents SDK and Google's event types, in a virtual environment of
#     their own
# Does nothing when the same versions are there already. Any failure is an error.
set -euo pipefail

CARGO_LAMBDA=1.9.2
ZIGLANG=0.17.1
SAM_CLI=1.170.0
MINISTACK=1.5.33
BOTO3=1.43.106
SAM_TRANSLATOR=1.115.0
CLOUDEVENTS=1.12.0
GOOGLE_EVENTS=0.14.0
# What the former needs and does not say.
GOOGLE_PROTOS=1.76.0

cache=${EXTRACT_CI_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/extract-ci}
wanted="cargo-lambda==$CARGO_LAMBDA ziglang==$ZIGLANG aws-sam-cli==$SAM_CLI ministack==$MINISTACK boto3==$BOTO3 aws-sam-translator==$SAM_TRANSLATOR cloudevents==$CLOUDEVENTS google-events==$GOOGLE_EVENTS googleapis-common-protos==$GOOGLE_PROTOS $(uname -m)"
if [[ -f $cache/versions && $(<"$cache/versions") == "$wanted" ]]; then
  echo "end-to-end tools: $wanted, already in $cache"
  exit 0
fi

case $(uname -sm) in
  'Linux x86_64') emulator=aws-lambda-rie-x86_64 ;;
  'Linux aarch64' | 'Linux arm64') emulator=aws-lambda-rie-arm64 ;;
  *)
    echo "end-to-end tools: the emulator runs on Linux, x86-64 or arm64, not on $(uname -sm)" >&2
    exit 1
    ;;
esac

echo "end-to-end tools: installing $wanted into $cache"
mkdir -p "$cache"
rm -rf "$cache/versions" "$cache/venv" "$cache/wheels" "$cache/rie" "$cache/cloud"
if ! python3 -m venv "$cache/venv"; then
  # Debian and Ubuntu keep venv in a package of its own.
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
fi
pip=("$cache/venv/bin/python" -m pip --disable-pip-version-check --no-input)
"${pip[@]}" install --quiet "cargo-lambda==$CARGO_LAMBDA" "ziglang==$ZIGLANG"
"${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$cache/wheels" "aws-sam-cli==$SAM_CLI"
mkdir "$cache/rie"
"$cache/venv/bin/python" - "$cache" "$emulator" <<'PYTHON'
import pathlib, sys, zipfile
cache, emulator = pathlib.Path(sys.argv[1]), sys.argv[2]
(wheel,) = cache.glob("wheels/aws_sam_cli-*.whl")
program = cache / "rie" / "aws-lambda-rie"
program.write_bytes(zipfile.ZipFile(wheel).read(f"samcli/local/rapid/{emulator}"))
program.chmod(0o755)
PYTHON
rm -rf "$cache/wheels"
# Apart from the others: MiniStack wants a boto3 of its own choice.
python3 -m venv "$cache/cloud"
"$cache/cloud/bin/python" -m pip --disable-pip-version-check --no-input install --quiet \
  "ministack==$MINISTACK" "boto3==$BOTO3" "aws-sam-translator==$SAM_TRANSLATOR" \
  "cloudevents==$CLOUDEVENTS" "google-events==$GOOGLE_EVENTS" \
  "googleapis-common-protos==$GOOGLE_PROTOS"
"$cache/venv/bin/cargo-lambda" lambda --version
"$cache/venv/bin/python" -m ziglang version
"$cache/cloud/bin/ministack" --help >/dev/null
"$cache/cloud/bin/python" -c 'import boto3, cloudevents, samtranslator'
# Last, so that an interrupted run is not taken for a complete one.
printf '%s' "$wanted" >"$cache/versions"
