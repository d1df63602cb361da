/*
 * Loading the device into a QEMU that was built elsewhere.
 *
 * QEMU has no ABI for outside devices, so the structures must be those of
 * exactly the source that the device was compiled against.  The check runs
 * when the shared object is loaded, before main() and before the type of the
 * device is looked at.  A QEMU that has the device built in leaves this out.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-control.h"

#pragma weak qmp_query_version

/* Return: whether the running program is the QEMU that this was compiled for */
static bool lab_version_matches(char **running)
{
    VersionInfo *info = qmp_query_version(NULL);
    bool same = strstr(info->package, LAB_QEMU_PACKAGE) != NULL;

    *running = g_strdup_printf("%" PRId64 ".%" PRId64 ".%" PRId64 " (%s)",
                               info->qemu->major, info->qemu->minor,
                               info->qemu->micro, info->package);
    qapi_free_VersionInfo(info);
    return same;
}

__attribute__((constructor(101)))
static void lab_load(void)
{
    char *running = NULL;

    /* Not QEMU but a program on the way to it: leave it alone */
    if (!qmp_query_version) {
        return;
    }
    if (!lab_version_matches(&running)) {
        fprintf(stderr,
                "labyrinth: the device was compiled for QEMU package %s, "
                "but this is QEMU %s; compile it anew: make -C qemu-device\n",
                LAB_QEMU_PACKAGE, running);
        exit(1);
    }
    g_free(running);
    unsetenv("LD_PRELOAD");
}
