// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of docs/device.md against the header, and against the device.
 */
#include "queue.h"

#define QUEUES	4

struct name {
	const char *name;
	uint64_t value;
};

static const struct name names[] = {
#include "names.inc"
};

#define FIELD(s, f) { #s "." #f, offsetof(struct s, f) << 8 | sizeof(((struct s *)0)->f) }
static const struct name fields[] = {
	FIELD(lab_fill, addr), FIELD(lab_fill, len), FIELD(lab_fill, slot), FIELD(lab_fill, flags),
	FIELD(lab_cpl, bytes), FIELD(lab_cpl, slot), FIELD(lab_cpl, records), FIELD(lab_cpl, seq),
	FIELD(lab_cpl, status), FIELD(lab_cpl, phase),
	FIELD(lab_record, length), FIELD(lab_record, flags), FIELD(lab_record, queue),
	FIELD(lab_record, seq), FIELD(lab_record, timestamp_ns), FIELD(lab_record, burst),
	FIELD(lab_record, crc32c),
	FIELD(lab_tx, addr), FIELD(lab_tx, bytes), FIELD(lab_tx, flags), FIELD(lab_tx, status),
};

/* A row of a table: | number | `name` | third | fourth | ... */
struct row {
	uint64_t number;
	char *name;
	char *third;
	char *fourth;
};

static GArray *rows;

static void add_row(const char *line)
{
	g_auto(GStrv) cells = g_strsplit(line, "|", -1);
	struct row row;
	char *end;

	if (g_strv_length(cells) < 5 || cells[0][0])
		return;
	row.number = g_ascii_strtoull(g_strstrip(cells[1]), &end, 0);
	if (end == cells[1] || *end || *g_strstrip(cells[2]) != '`')
		return;
	row.name = g_strndup(cells[2] + 1, strlen(cells[2]) - 2);
	row.third = g_strdup(g_strstrip(cells[3]));
	row.fourth = g_strdup(g_strstrip(cells[4]));
	g_array_append_val(rows, row);
}

static int read_rows(void)
{
	g_auto(GStrv) lines = g_strsplit(lt_data_sheet(), "\n", -1);
	int i;

	rows = g_array_new(false, false, sizeof(struct row));
	for (i = 0; lines[i]; i++)
		add_row(lines[i]);
	return rows->len < 80;
}

static const struct row *row_at(guint i)
{
	return &g_array_index(rows, struct row, i);
}

static bool is_register(const struct row *row)
{
	return g_str_has_prefix(row->third, "RO") || g_str_has_prefix(row->third, "RW") ||
	       g_str_has_prefix(row->third, "WO");
}

static const struct name *find(const struct name *table, size_t entries, const char *name)
{
	size_t i;

	for (i = 0; i < entries; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

static void numbers_are_those_of_the_header(void)
{
	const struct name *name;
	guint i;

	for (i = 0; i < rows->len; i++) {
		const struct row *row = row_at(i);

		if (strchr(row->name, '.')) {
			name = find(fields, G_N_ELEMENTS(fields), row->name);
			CU_ASSERT_PTR_NOT_NULL_FATAL(name);
			EXPECT_EQ(row->number << 8 | strtoul(row->third, NULL, 10), name->value);
		} else {
			name = find(names, G_N_ELEMENTS(names), row->name);
			CU_ASSERT_PTR_NOT_NULL_FATAL(name);
			EXPECT_EQ(row->number, name->value);
		}
	}
}

/* But for the names of what the tables only need to hold together */
static void nothing_of_the_header_is_missing(void)
{
	g_autofree char *quoted = NULL;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(names) + G_N_ELEMENTS(fields); i++) {
		const char *name = i < G_N_ELEMENTS(names) ? names[i].name :
				   fields[i - G_N_ELEMENTS(names)].name;

		if (!strcmp(name, "LAB_Q_CNT_LAST"))
			continue;
		g_free(quoted);
		quoted = g_strdup_printf("`%s`", name);
		if (!strstr(lt_data_sheet(), quoted))
			printf("# %s is not in docs/device.md\n", name);
		EXPECT(strstr(lt_data_sheet(), quoted) != NULL);
	}
}

/* Every register of every page. Calls @check with its place and its row. */
static void each_register(void (*check)(uint32_t place, const struct row *row, uint32_t queue))
{
	uint32_t queue;
	guint i;

	for (i = 0; i < rows->len; i++) {
		if (!is_register(row_at(i)))
			continue;
		if (g_str_has_prefix(row_at(i)->name, "LAB_REG_"))
			check((uint32_t)row_at(i)->number, row_at(i), 0);
		for (queue = 0; g_str_has_prefix(row_at(i)->name, "LAB_Q_") && queue < QUEUES; queue++)
			check(LAB_QUEUE_PAGE(queue) + (uint32_t)row_at(i)->number, row_at(i), queue);
	}
}

static bool is_wide(const struct row *row)
{
	return strstr(row->third, "64");
}

static uint64_t read_register(uint32_t place, const struct row *row)
{
	return is_wide(row) ? lt_read64(place) : lt_read(place);
}

static void write_register(uint32_t place, const struct row *row, uint64_t value)
{
	if (is_wide(row))
		lt_write64(place, value);
	else
		lt_write(place, (uint32_t)value);
}

static void expect_reset(uint32_t place, const struct row *row, uint32_t queue)
{
	char *end;
	uint64_t want = strcmp(row->fourth, "queue") ?
			g_ascii_strtoull(row->fourth, &end, 0) : queue;

	if (strcmp(row->fourth, "–"))
		EXPECT_EQ(read_register(place, row), want);
}

static void registers_start_with_their_reset_values(void)
{
	each_register(expect_reset);
}

static void expect_read_only(uint32_t place, const struct row *row, uint32_t queue)
{
	unsigned int complaints = lt_complaints();
	uint64_t before = read_register(place, row);

	if (!g_str_has_prefix(row->third, "RO"))
		return;
	write_register(place, row, ~before);
	EXPECT_EQ(read_register(place, row), before);
	EXPECT_EQ(lt_complaints(), complaints + 1);
}

static void read_only_registers_ignore_writes(void)
{
	each_register(expect_read_only);
}

static void expect_write_only(uint32_t place, const struct row *row, uint32_t queue)
{
	if (g_str_has_prefix(row->third, "WO"))
		EXPECT_EQ(lt_read(place), 0);
}

static void write_only_registers_read_as_zero(void)
{
	each_register(expect_write_only);
}

/* A value that every register takes: it enables nothing. Different for each queue. */
static uint64_t kept(uint32_t queue)
{
	return queue % 2 ? 0x0000000100000002ull : 0x8765432100000000ull;
}

static void write_kept(uint32_t place, const struct row *row, uint32_t queue)
{
	if (g_str_has_prefix(row->third, "RW"))
		write_register(place, row, kept(queue));
}

static void expect_kept(uint32_t place, const struct row *row, uint32_t queue)
{
	if (g_str_has_prefix(row->third, "RW"))
		EXPECT_EQ(read_register(place, row), is_wide(row) ? kept(queue) : (uint32_t)kept(queue));
}

static void read_write_registers_keep_what_is_written(void)
{
	each_register(write_kept);
	each_register(expect_kept);
}

static void write_when_enabled(uint32_t place, const struct row *row, uint32_t queue)
{
	uint64_t before = read_register(place, row);
	bool locked = g_str_has_suffix(row->third, "L");

	if (!g_str_has_prefix(row->third, "RW") || !strcmp(row->name, "LAB_Q_CTRL"))
		return;
	write_register(place, row, before ^ 64);
	EXPECT_EQ(read_register(place, row), locked ? before : before ^ 64);
}

static void locked_registers_ignore_writes_while_enabled(void)
{
	struct lt_queue q;
	uint32_t queue;

	for (queue = 0; queue < QUEUES; queue++)
		lt_q_open(&q, queue, 2, 4096, 0);
	lt_write(LAB_REG_STEER, 0);
	for (guint i = 0; i < rows->len; i++)
		for (queue = 0; g_str_has_prefix(row_at(i)->name, "LAB_Q_") &&
				is_register(row_at(i)) && queue < QUEUES; queue++)
			write_when_enabled(LAB_QUEUE_PAGE(queue) + (uint32_t)row_at(i)->number,
					   row_at(i), queue);
}

static bool is_fault(const struct row *row)
{
	return g_str_has_prefix(row->name, "LAB_FAULT_");
}

static void faults_have_the_names_of_the_property(void)
{
	guint i, faults = 0;

	for (i = 0; i < rows->len; i++) {
		if (!is_fault(row_at(i)))
			continue;
		lt_property("fault", row_at(i)->third);
		EXPECT_EQ(lt_read(LAB_REG_FAULT), row_at(i)->number);
		faults++;
	}
	EXPECT_EQ(faults, 19);
}

/* All registers take writes */
static void start(void)
{
	lt_start(",id=lab,fault-register=on", "");
}

static CU_TestInfo text_tests[] = {
	TAP_TEST(numbers_are_those_of_the_header),
	TAP_TEST(nothing_of_the_header_is_missing),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo device_tests[] = {
	TAP_TEST(registers_start_with_their_reset_values),
	TAP_TEST(read_only_registers_ignore_writes),
	TAP_TEST(write_only_registers_read_as_zero),
	TAP_TEST(read_write_registers_keep_what_is_written),
	TAP_TEST(locked_registers_ignore_writes_while_enabled),
	TAP_TEST(faults_have_the_names_of_the_property),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "data sheet", .pInitFunc = read_rows, .pTests = text_tests },
	{ .pName = "data sheet, device", .pSetUpFunc = start, .pTearDownFunc = lt_teardown,
	  .pTests = device_tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
