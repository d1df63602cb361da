// SPDX-License-Identifier: MIT
/* The table of subcommands, global options and help */
#include <string.h>

#include "burst.h"

struct globals globals;

static const struct command *const commands[] = {
	&cmd_list, &cmd_info, &cmd_stats, &cmd_reset, &cmd_irq, &cmd_burst, &cmd_stress, &cmd_capture,
	&cmd_send, &cmd_inject,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct opt global_options[] = {
	{ "device", 'd', OPT_STRING, &globals.device, .arg = "N|BDF",
	  .help = "device: N of /dev/labyrinthN, or its PCI address (the first one)" },
	{ "json", 0, OPT_FLAG, &globals.json,
	  .help = "one JSON object on stdout, text for people on stderr" },
	{ "help", 'h', OPT_FLAG, &globals.help, .help = "this text" },
	{ "version", 'V', OPT_FLAG, &globals.version, .help = "version of these tools" },
	{ 0 }
};

static int print_version(void)
{
	puts("labctl " LAB_TOOLS_VERSION);
	return STATUS_OK;
}

static int print_help(void)
{
	puts("usage: labctl [OPTION...] COMMAND [OPTION...]\n\n"
	     "Works with Labyrinth data-acquisition devices: receives bursts of packets that\n"
	     "the device writes into memory, and checks and measures what comes.\n\nCommands");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nlabctl COMMAND --help tells its options, with an example.\n\nOptions");
	args_help(stdout, global_options);
	puts("\nNumbers may be decimal or 0x hexadecimal and end in k, M, G (powers of 1000) or\n"
	     "Ki, Mi, Gi (powers of 1024).\n\n"
	     "Exit status\n"
	     "  0  success\n"
	     "  1  the check failed: packets lost, corrupt or out of order\n"
	     "  2  wrong usage\n"
	     "  3  no device\n"
	     "  4  the system refused\n\n"
	     "Example\n"
	     "  labctl burst --queue all --count 100k --size 64-9000");
	return STATUS_OK;
}

static int print_command_help(const struct command *command)
{
	const struct opt *const *table;

	printf("usage: labctl %s [OPTION...]%s%s\n\n%s\n", command->name,
	       command->operand ? " " : "", command->operand ? command->operand : "",
	       command->text);
	for (table = command->options; *table; table++) {
		puts(table == command->options ? "\nOptions" : "");
		args_help(stdout, *table);
	}
	puts("");
	args_help(stdout, global_options);
	printf("\nExample\n%s\n", command->example);
	return STATUS_OK;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* Options may stand before the operand and after it. Return: arguments taken, negative: *@error */
static int parse_all(const struct command *command, const struct opt *const *tables,
		     int argc, char **argv, struct args_error *error)
{
	int taken = args_parse(tables, argc, argv, error), more;

	if (taken < 0 || taken == argc || !command->operand)
		return taken;
	*command->operand_value = argv[taken++];
	more = args_parse(tables, argc - taken, argv + taken, error);
	return more < 0 ? more : taken + more;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	const struct opt *tables[8] = { global_options };
	struct args_error error;
	int taken;

	if (command->prepare)
		command->prepare();
	for (size_t i = 0; command->options[i]; i++)
		tables[i + 1] = command->options[i];
	taken = parse_all(command, tables, argc, argv, &error);
	if (taken < 0)
		return fail_usage("%s", error.text);
	if (globals.version)
		return print_version();
	if (globals.help)
		return print_command_help(command);
	if (taken < argc)
		return fail_usage("%s: unexpected argument; labctl %s --help tells more",
				  argv[taken], command->name);
	if (command->operand && !*command->operand_value)
		return fail_usage("expected %s; labctl %s --help tells more", command->operand,
				  command->name);
	return command->run();
}

/* @argv: without the program's name */
static int run(int argc, char **argv)
{
	const struct opt *const tables[] = { global_options, NULL };
	const struct command *command;
	struct args_error error;
	int taken = args_parse(tables, argc, argv, &error);

	if (taken < 0)
		return fail_usage("%s", error.text);
	argc -= taken;
	argv += taken;
	if (globals.version)
		return print_version();
	if (globals.help && !argc)
		return print_help();
	if (!argc)
		return fail_usage("expected a command; labctl --help tells which");
	command = find_command(argv[0]);
	if (!command)
		return fail_usage("%s: unknown command; labctl --help tells which there are", argv[0]);
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	setlinebuf(stderr);	/* lines of several processes do not mix */
	return finish_stdout(run(argc - 1, argv + 1));
}
