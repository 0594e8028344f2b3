#!/bin/sh
# chassis.sh STATE get NAME… | set NAME VALUE…
state=$1; op=$2; shift 2
case $op in
get) for name; do case $name in
  power) echo "power:$(cat "$state/power" 2>/dev/null || echo 0)" ;;
  boot) echo "boot:$(cat "$state/boot" 2>/dev/null || echo default)" ;;
  *) echo "$name:0" ;;
  esac; done ;;
set) while [ $# -gt 1 ]; do echo "$2" >"$state/$1"; shift 2; done ;;
esac
