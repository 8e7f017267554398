/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/resources.h"

#include <stdio.h>
#include <string.h>

/* The first kernel whose NFS server, NFSv4 clients' records included, can be in a network namespace
 * of its own (fs/nfsd/nfs4recover.c). */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 2

/* The programs of a server, and the packages that have them. */
static const struct {
	const char *name, *package;
} programs[] = {
	{"rpcbind", "rpcbind"},
	{"rpc.statd", "nfs-utils (Debian: nfs-common)"},
	{"rpc.mountd", "nfs-utils (Debian: nfs-kernel-server)"},
	{"rpc.nfsd", "nfs-utils (Debian: nfs-kernel-server)"},
	{"exportfs", "nfs-utils (Debian: nfs-kernel-server)"},
	{"ip", "iproute2"},
	{"nsenter", "util-linux"},
};

static void look_for(const struct check *self, const char *name, const char *package,
	const char *why, struct findings *findings)
{
	g_autofree char *cure = g_strdup_printf("install the package %s", package);

	if (!check_has_program(self, name))
		finding_add(findings, FINDING_MISSING, cure,
			"the program '%s' is not on this node: %s", name, why);
}

static void check_programs(const struct check *self, bool nfs4, struct findings *findings)
{
	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++)
		look_for(self, programs[i].name, programs[i].package,
			"a group's own NFS server cannot start", findings);
	/* The kernel's other ways to keep their records do not work in a namespace. */
	if (nfs4)
		look_for(self, "nfsdcld", "nfs-utils (Debian: nfs-kernel-server)",
			"without it, NFSv4 clients of a group's own NFS server cannot reclaim their locks",
			findings);
}

/* The modules of the running kernel, as depmod(8) has them; NULL: not known. */
static char *modules_of(const struct check *self, const char *release)
{
	static const char *const lists[] = {"modules.dep", "modules.builtin"};
	GString *text = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *path =
			g_build_filename(self->root, "lib/modules", release, lists[i], NULL);
		g_autofree char *contents = NULL;

		if (!g_file_get_contents(path, &contents, NULL, NULL))
			continue;
		text = text != NULL ? text : g_string_new("\n");
		g_string_append(text, contents);
	}
	return text != NULL ? g_string_free(text, FALSE) : NULL;
}

static bool is_loaded(const struct check *self, const char *module)
{
	g_autofree char *text = kernel_read(self->kernel->proc_dir, "modules", NULL);
	g_autofree char *line = g_strdup_printf("\n%s ", module);
	g_autofree char *lines = g_strdup_printf("\n%s", text != NULL ? text : "");

	return strstr(lines, line) != NULL;
}

static void check_modules(const struct check *self, const char *release, struct findings *findings)
{
	g_autoptr(GPtrArray) modules = check_link_modules(self);
	g_autofree char *known = modules_of(self, release);

	g_ptr_array_insert(modules, 0, (char *)"nfsd");
	for (guint i = 0; i < modules->len; i++) {
		const char *module = g_ptr_array_index(modules, i);
		g_autofree char *file = g_strdup_printf("/%s.ko", module);

		if (is_loaded(self, module) || (known != NULL && strstr(known, file) != NULL))
			continue;
		finding_add(findings, known != NULL ? FINDING_MISSING : FINDING_NOTE,
			"install the kernel's modules for its release, or a kernel that has it",
			known != NULL
				? "the kernel of this node (%s) has no module '%s', which a group's own NFS server needs"
				: "whether the kernel of this node (%s) has the module '%s', which a group's own NFS server needs, is not known: /lib/modules has no list of them",
			release, module);
	}
}

static void check_release(const char *release, struct findings *findings)
{
	int major_number = 0, minor_number = 0;

	if (sscanf(release, "%d.%d", &major_number, &minor_number) == 2 &&
		(major_number < KERNEL_MAJOR ||
			(major_number == KERNEL_MAJOR && minor_number < KERNEL_MINOR)))
		finding_add(findings, FINDING_MISSING,
			"use a newer kernel, or the shared server (ocf:lockferry:nfslock)",
			"Linux %s is too old for a group's own NFS server, which needs %d.%d",
			release, KERNEL_MAJOR, KERNEL_MINOR);
}

/* Whether a resource in question has a server of its own, and whether one of these serves NFSv4. */
static bool find_own(const struct check *self, bool *nfs4)
{
	bool found = false;

	*nfs4 = false;
	for (guint i = 0; self->cluster != NULL && i < self->cluster->resources->len; i++) {
		const cib_resource *own = g_ptr_array_index(self->cluster->resources, i);
		const char *versions = cib_parameter(own, "versions");

		if (!resource_is_own_server(own) || !check_concerns(self, own))
			continue;
		found = true;
		*nfs4 = *nfs4 || versions == NULL || strstr(versions, "4") != NULL;
	}
	return found;
}

void check_own_server_node(const struct check *self, struct findings *findings)
{
	g_autofree char *release =
		kernel_read(self->kernel->proc_dir, "sys/kernel/osrelease", NULL);
	int before = findings->status;
	bool nfs4;

	if (!find_own(self, &nfs4))
		return;
	check_programs(self, nfs4, findings);
	if (release != NULL) {
		check_release(release, findings);
		check_modules(self, release, findings);
	}
	if (findings->status == before)
		finding_add(findings, FINDING_OK, "",
			"this node has what a group's own NFS server needs");
}
