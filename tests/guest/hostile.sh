#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A device that commits one fault after another, as the guest asks it to.  Prints TAP.
set -eu
top=$(dirname -- "$(realpath -- "$0")")/../..
echo "# kernel: labyrinth .* refused a completion: slot|lab_slot_refuse: [0-9]+ callbacks suppressed"
echo "# kernel: labyrinth .* stopped by the device: it could not write to a block"
exec "$top/lab" exec --device fault-register=on -- /tests/s_hostile
