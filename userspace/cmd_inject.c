// SPDX-License-Identifier: MIT
/* Ask the device to misbehave */
#include <errno.h>

#include "labctl.h"

static const char *names;
static bool list;
static uint32_t period;
static uint64_t seed;

static const struct opt inject_options[] = {
	{ "period", 0, OPT_U32, &period, 1, UINT32_MAX, .arg = "N",
	  .help = "at one of so many occasions (16)" },
	{ "seed", 0, OPT_U64, &seed, 0, INT64_MAX, .arg = "N",
	  .help = "at random, the same for the same N; 0: each N-th (0)" },
	{ "list", 0, OPT_FLAG, &list, .help = "the names, and what they do" },
	{ 0 }
};

static void prepare(void)
{
	names = "";
	period = 16;
	seed = 0;
}

static int refused(int error)
{
	if (error != -EOPNOTSUPP)
		return fail_system(error, "injecting faults");
	fail("the device takes no orders to misbehave: start it with "
	     "-device labyrinth,fault-register=on");
	return STATUS_REFUSED;
}

static int show(struct lab *lab)
{
	struct lab_inject now;
	char text[FAULTS_TEXT];
	int ret = lab_inject_query(lab, &now);

	if (ret)
		return refused(ret);
	faults_format(text, sizeof(text), now.faults);
	fprintf(human(), "%s, one in %u, seed %llu, %llu so far\n", text, now.period,
		(unsigned long long)now.seed, (unsigned long long)now.count);
	if (!globals.json)
		return STATUS_OK;
	return print_json(json_pack("{ss sI sI sI}", "faults", text, "period",
				    (json_int_t)now.period, "seed", (json_int_t)now.seed,
				    "count", (json_int_t)now.count));
}

static int inject(uint32_t faults)
{
	struct lab *lab;
	int ret = open_device(&lab);

	if (ret)
		return ret;
	if (*names)
		ret = lab_inject(lab, faults, period, seed);
	if (ret)
		ret = refused(ret);
	else if (!*names || !(faults & (LAB_FAULT_ALL_ONES | LAB_FAULT_LINK_DOWN)))
		ret = show(lab);	/* else it may be gone by now */
	lab_close(lab);
	return ret;
}

static int run_inject(void)
{
	struct args_error error;
	uint32_t faults = 0;

	if (list) {
		faults_print(human());
		return globals.json ? print_json(faults_json()) : STATUS_OK;
	}
	if (*names && faults_parse(names, &faults, &error))
		return fail_usage("%s", error.text);
	return inject(faults);
}

static const struct opt *const options[] = { inject_options, NULL };

const struct command cmd_inject = {
	.name = "inject",
	.summary = "make the device misbehave",
	.text =
	"Asks the device to commit faults, so that one sees what survives them: names\n"
	"joined by +, or none to make it behave again. Without a name it tells what is\n"
	"asked for, and how many faults there were. Needs CAP_SYS_ADMIN, and a device that\n"
	"was started with fault-register=on. A reset ends it.",
	.example =
	"  labctl inject irq-lost+record-corrupt --period 50 --seed 7 && labctl burst\n"
	"  The burst tells interrupts that were missed, finds packets that are corrupt,\n"
	"  and so has the exit status 1.",
	.operand = "[FAULT[+FAULT...]|none]",
	.operand_value = &names,
	.options = options,
	.prepare = prepare,
	.run = run_inject,
};
