#!/bin/sh
# The image's entry point: chooses the argon2 build that this processor can run, and becomes the program.
if [ -d argon2-avx2 ] && grep -qw avx2 /proc/cpuinfo; then
  export ARGON2_PREBUILD="$PWD/argon2-avx2"
fi
exec node --disable-warning=ExperimentalWarning src/main.ts "$@"
