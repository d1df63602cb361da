// SPDX-License-Identifier: MIT
#include "burst.h"

static const struct opt *const options[] = { generator_options, queue_options, NULL };

/* Return: exit status, after the limits of the device are known */
static int check_limits(struct lab *lab, const struct run_params *params)
{
	struct args_error error;
	struct lab_info info;
	int ret = lab_info(lab, &info);

	if (ret)
		return fail_system(ret, "reading the limits of the device");
	if (params_check_limits(params, &info, &error))
		return fail_usage("%s", error.text);
	return STATUS_OK;
}

static int burst_on(struct lab *lab, const char *path)
{
	static struct run run;
	struct result result;
	int status = check_limits(lab, &burst_params);

	if (status)
		return status;
	run.params = burst_params;
	run.progress = true;
	status = run_bursts(&run, lab, path);
	if (status > STATUS_FAILED)
		return status;
	result_total(&result, &run);
	result_print(&result, &run);
	status |= result_judge(&result, &run);
	if (!globals.json)
		return status;
	return print_json(result_json(&result, &run)) ? STATUS_REFUSED : status;
}

static int burst_run(void)
{
	struct args_error error;
	struct node node;
	struct lab *lab;
	int status;

	if (params_complete(&burst_params, &error))
		return fail_usage("%s", error.text);
	status = find_device(&node);
	if (!status)
		status = open_device(&lab);
	if (status)
		return status;
	catch_signals();
	status = burst_on(lab, node.path);
	lab_close(lab);
	return status;
}

const struct command cmd_burst = {
	.name = "burst",
	.summary = "let the device generate packets, receive and check every byte",
	.text =
"Takes one queue (or all of them, each in its own thread), lets its generator\n"
"make packets, and receives them in place.  Every byte is compared with what the\n"
"seed says it must be.  Ends with a table; with --json, one object on stdout.\n"
"\n"
"Status 1 if a packet was lost, corrupt or out of order, or, without --lossy,\n"
"dropped, or if a block was not freed in the end.",
	.example =
"  labctl burst --queue all --count 100k --size 64-9000 --order 2\n"
"\n"
"drives every queue with packets of 64 to 9000 bytes in blocks of four pages.",
	.options = options,
	.run = burst_run,
};
