// SPDX-License-Identifier: MIT
/* The progress line on a terminal: it fits, and nothing of it stays */
#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "labctl.h"
#include "tap.h"

#define ERASE	"\r\033[K"

static uint64_t now_ns;
static int terminal = -1;
static int saved_stderr = -1;

uint64_t monotonic_ns(void)
{
	return now_ns;
}

/* stderr is a terminal so wide until shown() */
static void open_terminal(const char *type, unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int end;

	if (type)
		setenv("TERM", type, 1);
	else
		unsetenv("TERM");
	CU_ASSERT_EQUAL_FATAL(openpty(&terminal, &end, NULL, NULL, &size), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(end, STDERR_FILENO);
	close(end);
	setlinebuf(stderr);
}

/* What the terminal got, without a flush that the program did not do */
static const char *shown(void)
{
	static char text[1024];
	size_t used = 0;
	ssize_t bytes;

	/* It has no other writer: reading ends when all was read */
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	while ((bytes = read(terminal, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)bytes;
	text[used] = '\0';
	close(terminal);
	return text;
}

static void start(struct progress *progress)
{
	now_ns = 1;
	progress_start(progress);
	now_ns += 3000000000ull;
}

static void line_is_erased_at_the_end(void)
{
	struct progress progress;

	open_terminal("xterm", 80);
	start(&progress);
	progress_draw(&progress, -1, "%d packets", 7);
	progress_end(&progress);
	CU_ASSERT_STRING_EQUAL(shown(), ERASE "7 packets" ERASE);
}

static void line_is_cut_to_the_width_of_the_terminal(void)
{
	struct progress progress;

	open_terminal("xterm", 20);
	start(&progress);
	progress_draw(&progress, 0.5, "%d packets", 7);
	CU_ASSERT_STRING_EQUAL(shown(), ERASE "[###############...");
}

static void bar_tells_the_part_that_is_done(void)
{
	struct progress progress;

	open_terminal("xterm", 80);
	start(&progress);
	progress_draw(&progress, 2, "%s", "end");
	CU_ASSERT_STRING_EQUAL(shown(), ERASE "[##############################] 100 %  end");
}

static void nothing_is_drawn_where_it_could_not_be_erased(void)
{
	static const char *const types[] = { "dumb", "", NULL };
	struct progress progress;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		open_terminal(types[i], 80);
		start(&progress);
		progress_draw(&progress, 0.5, "%d packets", 7);
		progress_end(&progress);
		CU_ASSERT_STRING_EQUAL(shown(), "");
	}
}

static void nothing_is_drawn_in_the_first_two_seconds(void)
{
	struct progress progress;

	open_terminal("xterm", 80);
	start(&progress);
	now_ns = 1900000000;
	progress_draw(&progress, 0.5, "%d packets", 7);
	progress_end(&progress);
	CU_ASSERT_STRING_EQUAL(shown(), "");
}

static CU_TestInfo tests[] = {
	TAP_TEST(line_is_erased_at_the_end),
	TAP_TEST(line_is_cut_to_the_width_of_the_terminal),
	TAP_TEST(bar_tells_the_part_that_is_done),
	TAP_TEST(nothing_is_drawn_where_it_could_not_be_erased),
	TAP_TEST(nothing_is_drawn_in_the_first_two_seconds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "progress", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
