// SPDX-License-Identifier: MIT
/* The command line: global options, the table of subcommands, help */
#include <string.h>

#include "labctl.h"

struct globals globals;

static const struct command *const commands[] = {
	&cmd_list, &cmd_info, &cmd_stats, &cmd_reset, &cmd_irq, &cmd_burst, &cmd_stress,
	&cmd_capture, NULL,
};

static const struct opt global_options[] = {
	{ .name = "device", .letter = 'd', .kind = OPT_STRING, .value = &globals.device,
	  .arg = "N|BDF", .help = "the device: its number, or its PCI address (default: the first)" },
	{ .name = "json", .kind = OPT_FLAG, .value = &globals.json,
	  .help = "one JSON object on stdout, text for humans on stderr" },
	{ .name = "help", .letter = 'h', .kind = OPT_FLAG, .value = &globals.help,
	  .help = "this text" },
	{ .name = "version", .kind = OPT_FLAG, .value = &globals.version,
	  .help = "print the version" },
	{ 0 },
};

static void print_numbers_help(void)
{
	puts("\nNumbers are decimal or 0x and hexadecimal. k, M, G multiply by powers of 1000,\n"
	     "Ki, Mi, Gi by powers of 1024.\n\n"
	     "Exit status: 0 success, 1 the check failed, 2 usage, 3 no device,\n"
	     "4 refused by the system.");
}

static int help_general(void)
{
	puts("labctl - use a Labyrinth data-acquisition device\n\n"
	     "Usage: labctl [-d N|BDF] [--json] COMMAND [OPTION...]\n\nCommands:");
	for (const struct command *const *c = commands; *c; c++)
		printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	puts("\nOptions of every command:");
	args_help(stdout, global_options);
	puts("\nBegin with:  labctl list\n"
	     "        then:  labctl burst --count 10k --size 64-1500\n"
	     "All about a command:  labctl COMMAND --help");
	print_numbers_help();
	return STATUS_OK;
}

static int help_command(const struct command *command)
{
	printf("labctl %s - %s\n\n%s\n\nUsage: labctl [-d N|BDF] [--json] %s%s\n", command->name,
	       command->summary, command->text, command->name,
	       command->options ? " [OPTION...]" : "");
	if (command->options) {
		puts("\nOptions:");
		args_help(stdout, command->options);
	}
	puts("\nOptions of every command:");
	args_help(stdout, global_options);
	printf("\nExample:\n  %s\n", command->example);
	print_numbers_help();
	return STATUS_OK;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

/* Arguments before the subcommand. Return: how many. */
static int count_leading(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-')
		i += !strcmp(argv[i], "-d") || !strcmp(argv[i], "--device") ? 2 : 1;
	return i < argc ? i : argc;
}

static int run_command(const char *name, int argc, char **argv)
{
	const struct command *command = find_command(name);
	static const struct opt none[] = { { 0 } };
	struct args_error error;

	if (!command)
		return fail_usage("%s: unknown command; labctl --help lists them", name);
	if (args_parse((const struct opt *const[]){ command->options ? command->options : none,
						    global_options, NULL }, argc, argv, &error))
		return fail_usage("%s", error.text);
	if (globals.help)
		return help_command(command);
	return command->run();
}

int main(int argc, char **argv)
{
	int leading = count_leading(argc - 1, argv + 1);
	struct args_error error;

	if (args_parse((const struct opt *const[]){ global_options, NULL }, leading, argv + 1,
		       &error))
		return fail_usage("%s", error.text);
	if (globals.version)
		return puts("labctl " LAB_TOOLS_VERSION) < 0;
	if (leading + 1 < argc)
		return run_command(argv[leading + 1], argc - leading - 2, argv + leading + 2);
	if (globals.help)
		return help_general();
	return fail_usage("expected a command; labctl --help lists them");
}
