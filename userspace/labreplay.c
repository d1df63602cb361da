// SPDX-License-Identifier: MIT
/* labreplay: puts captures on a virtual wire, and compares what came out of it */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static int help(void)
{
	puts("usage: labreplay send FILE --unix PATH [--count N] [--repeat N]\n"
	     "       labreplay compare FILE FILE\n"
	     "       labreplay count FILE\n\n"
	     "send     puts the Ethernet frames of a capture on a wire: QEMU's\n"
	     "         \"-netdev stream,server=on,addr.type=unix,addr.path=PATH\".  Waits up to a\n"
	     "         minute for QEMU to listen, and up to a minute whenever it takes nothing.\n"
	     "  --count N    only the first N packets (all)\n"
	     "  --repeat N   N times over (1)\n"
	     "compare  compares the packets of two captures, byte for byte, and tells the first\n"
	     "         difference: packets count from 1, bytes from 0\n"
	     "count    prints how many packets a capture has\n\n"
	     "Captures are pcap or pcapng.\n\n"
	     "Exit status: 0 success, equal; 1 different, or the peer did not take all;\n"
	     "2 wrong usage, or a file that is no capture; 4 standard output takes nothing.\n\n"
	     "Example\n"
	     "  labreplay send tests/captures/ssh.pcap --unix /run/wire");
	return REPLAY_OK;
}

static int version(void)
{
	puts("labreplay " LAB_TOOLS_VERSION);
	return REPLAY_OK;
}

static int misuse(const char *what, const char *expected)
{
	fprintf(stderr, "labreplay: %s: expected %s; labreplay --help tells more\n", what, expected);
	return REPLAY_USAGE;
}

/* Return: 0, or -1 if @text is not a number of 1 or more */
static int parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return *end || errno || !*value ? -1 : 0;
}

static int run_send(int argc, char **argv)
{
	static const struct option options[] = {
		{ "unix", required_argument, NULL, 'u' },
		{ "count", required_argument, NULL, 'n' },
		{ "repeat", required_argument, NULL, 'r' },
		{ 0 }
	};
	struct replay_send send = { .repeat = 1, .patience_ms = REPLAY_PATIENCE_MS };
	int c;

	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == 'u')
			send.path = optarg;
		else if (c == 'n' && parse_number(optarg, &send.count))
			return misuse("--count", "a number from 1");
		else if (c == 'r' && parse_number(optarg, &send.repeat))
			return misuse("--repeat", "a number from 1");
		else if (c == '?' || c == ':')
			return misuse(argv[optind - 1], c == ':' ? "a value" :
				      "--unix, --count or --repeat");
	}
	if (optind + 1 != argc)
		return misuse("send", "one FILE");
	if (!send.path || !*send.path)
		return misuse("send", "--unix PATH");
	send.file = argv[optind];
	return replay_send(&send);
}

static int run_compare(int argc, char **argv)
{
	if (argc != 3)
		return misuse("compare", "two files");
	return replay_compare(argv[1], argv[2]);
}

static int run_count(int argc, char **argv)
{
	uint64_t packets;
	int status;

	if (argc != 2)
		return misuse("count", "one file");
	status = replay_count(argv[1], &packets);
	if (!status)
		printf("%" PRIu64 "\n", packets);
	return status;
}

/* Whether an argument is @name or @letter */
static bool asked_for(int argc, char **argv, const char *name, const char *letter)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name) || !strcmp(argv[i], letter))
			return true;
	return false;
}

static int run(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "send", run_send }, { "compare", run_compare }, { "count", run_count },
	};
	int status = -1;

	if (argc < 2)
		return misuse("command", "send, compare or count");
	if (asked_for(argc, argv, "--help", "-h"))
		return help();
	if (asked_for(argc, argv, "--version", "-V"))
		return version();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			status = commands[i].run(argc - 1, argv + 1);
	return status < 0 ? misuse(argv[1], "send, compare or count") : status;
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);
	bool failed = ferror(stdout);

	errno = EIO;	/* what an earlier write died of may be forgotten */
	if (!fflush(stdout) && !failed)
		return status;
	fprintf(stderr, "labreplay: stdout: %s\n", strerror(errno));
	return status ? status : REPLAY_REFUSED;
}
