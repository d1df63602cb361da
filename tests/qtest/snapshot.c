// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot.h"
#include "qemu/bswap.h"
#if __has_include("qobject/qlist.h")	/* since 10.0 */
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#else
#include "qapi/qmp/qjson.h"
#include "qapi/qmp/qlist.h"
#endif
#include <sys/mman.h>

#define DEVICE		"0000:00:04.0/labyrinth"
#define DESCRIPTION	6	/* the section that describes the others, in JSON */
#define NAME		"lt"	/* of the snapshot */

/* One that a whole snapshot fits into: it is in one piece in the file */
#define CLUSTER_LOG2	21
#define CLUSTER		(1ull << CLUSTER_LOG2)

static size_t lt_walk(struct lt_snapshot *s, QDict *state, const char *prefix, size_t at);

/* Which element of an array: QEMU 10 leaves the number of the last one out */
static int64_t lt_field_index(QDict *field, QDict *before)
{
	int64_t last = before ? qdict_get_try_int(before, "index", -1) : -1;

	if (last >= 0 && !strcmp(qdict_get_str(field, "name"), qdict_get_str(before, "name")))
		return last + 1;
	return qdict_get_try_int(field, "index", -1);
}

static size_t lt_walk_field(struct lt_snapshot *s, QDict *field, QDict *before,
			    const char *prefix, size_t at)
{
	int64_t index = lt_field_index(field, before);
	g_autofree char *which = index < 0 ? g_strdup("") : g_strdup_printf("[%" PRIi64 "]", index);
	struct lt_field f = {
		.path = g_strdup_printf("%s%s%s", prefix, qdict_get_str(field, "name"), which),
		.offset = at,
		.bytes = qdict_get_int(field, "size") * qdict_get_try_int(field, "array_len", 1),
	};

	if (qdict_haskey(field, "struct")) {
		g_autofree char *inside = g_strdup_printf("%s.", f.path);

		lt_walk(s, qdict_get_qdict(field, "struct"), inside, at);
		g_free(f.path);
	} else {
		g_array_append_val(s->fields, f);
	}
	return at + f.bytes;
}

/* Fields, then subsections, each behind a header. Return: where all that ends. */
static size_t lt_walk(struct lt_snapshot *s, QDict *state, const char *prefix, size_t at)
{
	const QListEntry *entry;
	QDict *part, *before = NULL;

	QLIST_FOREACH_ENTRY(qdict_get_qlist(state, "fields"), entry) {
		part = qobject_to(QDict, qlist_entry_obj(entry));
		at = lt_walk_field(s, part, before, prefix, at);
		before = part;
	}
	if (!qdict_haskey(state, "subsections"))
		return at;
	QLIST_FOREACH_ENTRY(qdict_get_qlist(state, "subsections"), entry) {
		part = qobject_to(QDict, qlist_entry_obj(entry));
		at += 1 + 1 + strlen(qdict_get_str(part, "vmsd_name")) + 4;
		at = lt_walk(s, part, prefix, at);
	}
	return at;
}

static const char *lt_at(const struct lt_snapshot *s, size_t at)
{
	return s->data + at;
}

/* Length of the description at @at, or 0 if there is none */
static size_t lt_description_length(const struct lt_snapshot *s, size_t at)
{
	size_t bytes;

	g_assert_cmpuint(at + 5, <, s->bytes);
	bytes = ldl_be_p(lt_at(s, at + 1));
	if (*lt_at(s, at) != DESCRIPTION || *lt_at(s, at + 5) != '{' || bytes > s->bytes - at - 5)
		return 0;
	return *lt_at(s, at + 4 + bytes) == '}' ? bytes : 0;
}

/* Each QEMU describes what it saved, at the end of it */
static QDict *lt_description(const struct lt_snapshot *s)
{
	g_autofree char *json = NULL;
	size_t at = 0;

	while (!lt_description_length(s, at))
		at++;
	json = g_strndup(lt_at(s, at + 5), lt_description_length(s, at));
	return qobject_to(QDict, qobject_from_json(json, NULL));
}

/* The section has the name, an instance, a version, then the fields */
static size_t lt_section(const struct lt_snapshot *s)
{
	const char *at = memmem(s->data, s->bytes, DEVICE, strlen(DEVICE));

	g_assert_nonnull(at);
	return at - s->data + strlen(DEVICE) + 8;
}

static void lt_snapshot_read(struct lt_snapshot *s)
{
	const QListEntry *entry;
	QDict *all, *device;

	s->fields = g_array_new(false, false, sizeof(struct lt_field));
	all = lt_description(s);
	QLIST_FOREACH_ENTRY(qdict_get_qlist(all, "devices"), entry) {
		device = qobject_to(QDict, qlist_entry_obj(entry));
		if (!strcmp(qdict_get_str(device, "name"), DEVICE))
			lt_walk(s, device, "", lt_section(s));
	}
	qobject_unref(all);
}

/* docs/interop/qcow2.txt: header, refcount table, one block of it, L1 table */
static void lt_image_fill(char *image)
{
	int i;

	stl_be_p(image, 0x514649fb);
	stl_be_p(image + 4, 2);
	stl_be_p(image + 20, CLUSTER_LOG2);
	stq_be_p(image + 24, 1 << 20);
	stl_be_p(image + 36, 1);
	stq_be_p(image + 40, 3 * CLUSTER);
	stq_be_p(image + 48, 1 * CLUSTER);
	stl_be_p(image + 56, 1);
	stq_be_p(image + CLUSTER, 2 * CLUSTER);
	for (i = 0; i < 4; i++)
		stw_be_p(image + 2 * CLUSTER + 2 * i, 1);
}

static void lt_image_map(struct lt_snapshot *s)
{
	int fd = open(s->path, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, s->bytes))
		g_error("%s: %s", s->path, strerror(errno));
	s->data = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert(s->data != MAP_FAILED);
	close(fd);
}

char *lt_snapshot_image(struct lt_snapshot *s)
{
	s->path = g_strdup_printf("%s/lt-%d.qcow2", g_get_tmp_dir(), getpid());
	s->bytes = 4 * CLUSTER;
	lt_image_map(s);
	lt_image_fill(s->data);
	munmap(s->data, s->bytes);
	return g_strdup_printf("-drive if=none,format=qcow2,file='%s'", s->path);
}

void lt_snapshot_save(struct lt_snapshot *s)
{
	g_autofree char *said = qtest_hmp(lt.qts, "savevm " NAME);
	struct stat st;

	if (*said)
		g_error("%s", said);
	g_assert_cmpint(stat(s->path, &st), ==, 0);
	s->bytes = st.st_size;
	lt_image_map(s);
	lt_snapshot_read(s);
}

char *lt_snapshot_load(void)
{
	char *said = qtest_hmp(lt.qts, "loadvm " NAME);

	if (*said)
		return said;
	g_free(said);
	return NULL;
}

void lt_snapshot_free(struct lt_snapshot *s)
{
	guint i;

	for (i = 0; i < s->fields->len; i++)
		g_free(g_array_index(s->fields, struct lt_field, i).path);
	g_array_free(s->fields, true);
	munmap(s->data, s->bytes);
	unlink(s->path);
	g_free(s->path);
}

const struct lt_field *lt_snapshot_field(const struct lt_snapshot *s, const char *path)
{
	guint i;

	for (i = 0; i < s->fields->len; i++)
		if (!strcmp(g_array_index(s->fields, struct lt_field, i).path, path))
			return &g_array_index(s->fields, struct lt_field, i);
	g_error("the snapshot has no field %s", path);
}

void lt_pause(void)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'stop' }");
}

void lt_continue(void)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'cont' }");
}
