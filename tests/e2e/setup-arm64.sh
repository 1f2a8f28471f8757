#!/usr/bin/env bash
# Installs what runs a program for arm64 on another Linux: qemu and Debian's libraries, and Rust's standard library.
# All of it is optional: a machine that is no Debian, has another user than root or no network for it, goes without,
# and `arm64.py` says so.
set -uo pipefail

case $(uname -m) in aarch64 | arm64) exit 0 ;; esac
if ! command -v qemu-aarch64-static >/dev/null || [[ ! -e /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1 ]]; then
  timeout 120 apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends \
      qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross >/dev/null ||
    echo 'arm64: no qemu with the libraries it needs' >&2
fi
timeout 300 rustup target add aarch64-unknown-linux-gnu ||
  echo 'arm64: no standard library of Rust for it' >&2
exit 0
