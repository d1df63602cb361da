#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The driver's atomic allocations fail, on the debug kernel.  Prints TAP.
# The faults hit what the driver calls, too
echo "# kernel: DMA-API: cacheline tracking ENOMEM, dma-debug disabled"
exec "$(dirname -- "$(realpath -- "$0")")"/../../lab exec --kernel debug --mem 1024 --timeout 280 \
	-- /tests/s_alloc_faults
