// SPDX-License-Identifier: MIT
#include "labctl.h"

static int run_reset(void)
{
	struct lab *lab;
	int ret = open_device(&lab);

	if (ret)
		return ret;
	ret = lab_reset(lab);
	lab_close(lab);
	if (ret)
		return fail_system(ret, "resetting the device");
	fprintf(human(), "reset\n");
	return globals.json ? print_json(json_pack("{sb}", "reset", 1)) : STATUS_OK;
}

static const struct opt *const options[] = { NULL };

const struct command cmd_reset = {
	.name = "reset",
	.summary = "reset the device, whoever uses it",
	.text =
	"Resets the device. Whoever has a queue gets EIO, and may close it and start\n"
	"anew. Needs CAP_SYS_ADMIN.",
	.example =
	"  labctl reset\n"
	"  labctl stats then shows queues with the error \"the device was reset\".",
	.options = options,
	.run = run_reset,
};
