/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "store_fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Users other than root must not be able to change or replace a store. */
static void assert_not_trusted(const store_fixture *self, const char *says)
{
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_PRIVILEGE, says);
	assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_PRIVILEGE, says);
	/* Reading it does no harm. */
	store_close(open_store(self, STORE_READ));
}

static void set_mode(const store_fixture *self, const char *name, mode_t mode)
{
	g_assert_cmpint(chmod(scratch_path(self->scratch, name), mode), ==, 0);
}

static bool set_owner(const store_fixture *self, const char *name, uid_t owner)
{
	return lchown(scratch_path(self->scratch, name), owner, (gid_t)-1) == 0;
}

static mode_t mode_of(const store_fixture *self, const char *name)
{
	struct stat st;

	g_assert_cmpint(lstat(scratch_path(self->scratch, name), &st), ==, 0);
	return st.st_mode & 07777;
}

static void test_way_is_writable(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *own = NULL;

	scratch_mkdir(self->scratch, "a/b");
	self->path = scratch_path(self->scratch, "a/b/store");
	store_close(open_store(self, STORE_CREATE));
	set_mode(self, "a", 0777);
	assert_not_trusted(self, "/a' (mode 777)");
	/* In a sticky directory, users cannot rename files of others. */
	set_mode(self, "a", 01777);
	store_close(open_store(self, STORE_WRITE));
	set_mode(self, "a", 0755);
	set_mode(self, "a/b", 0757);
	assert_not_trusted(self, "'chmod +t");
	/* A store is not made there either. */
	own = g_strconcat(self->path, "2", NULL);
	assert_refused(own, STORE_CREATE, NULL, LF_ERROR_PRIVILEGE, "(mode 757)");
	g_assert_false(scratch_has(self->scratch, "a/b/store2"));
	set_mode(self, "a/b", 0755);
	store_close(open_store(self, STORE_WRITE));
}

static void test_way_is_anothers(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, "a");
	self->path = scratch_path(self->scratch, "a/store");
	store_close(open_store(self, STORE_CREATE));
	if (!set_owner(self, "a", 65534)) {
		g_test_skip("only root may give a directory away");
		return;
	}
	assert_not_trusted(self, "who owns");
	g_assert_true(set_owner(self, "a", 0));
	/* A link counts as the directory to which it leads. */
	g_assert_cmpint(symlink("a", scratch_path(self->scratch, "link")), ==, 0);
	self->path = scratch_path(self->scratch, "link/store");
	store_close(open_store(self, STORE_WRITE));
	g_assert_true(set_owner(self, "link", 65534));
	assert_not_trusted(self, "/link'");
	g_assert_true(set_owner(self, "link", 0));
	/* The target of the link is checked as well. */
	set_mode(self, "a", 0777);
	assert_not_trusted(self, "/a' (mode 777)");
}

static void test_anothers(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"store", "store/kind", "store/state", "store/sm"};

	store_close(open_store(self, STORE_CREATE));
	scratch_write(self->scratch, "store/state", "");
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!set_owner(self, names[i], 65534)) {
			g_test_skip("only root may give a file away");
			return;
		}
		assert_not_trusted(self, "belongs to user 65534");
		g_assert_true(set_owner(self, names[i], 0));
	}
	/* This was left in the directory while others could write there. */
	scratch_write(self->scratch, "store/sm/forged", RECORD_A);
	g_assert_true(set_owner(self, "store/sm/forged", 65534));
	set_mode(self, "store/sm", 0777);
	assert_not_trusted(self, "sm/forged");
}

/* A good store stays usable: for example, a backup was restored with other modes. */
static void test_mode_is_mended(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) made = open_store(self, STORE_CREATE);

	g_assert_cmpuint(store_mended(made)->len, ==, 0);
	g_clear_pointer(&made, store_close);
	set_mode(self, "store", 0777);
	set_mode(self, "store/sm", 0755);
	set_mode(self, "store/kind", 0644);
	made = open_store(self, STORE_WRITE);
	/* A file that others could only read is not mentioned. */
	g_assert_cmpuint(store_mended(made)->len, ==, 2);
	g_assert_nonnull(strstr(g_ptr_array_index(store_mended(made), 0), "had mode 777"));
	g_assert_cmpuint(mode_of(self, "store"), ==, 0700);
	g_assert_cmpuint(mode_of(self, "store/sm"), ==, 0700);
	g_assert_cmpuint(mode_of(self, "store/kind"), ==, 0600);
}

/* A file of the system to which a link in the store leads keeps its mode. */
static void test_links_are_let_be(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	store_close(open_store(self, STORE_CREATE));
	scratch_write(self->scratch, "elsewhere", "");
	set_mode(self, "elsewhere", 0644);
	g_assert_cmpint(link(scratch_path(self->scratch, "elsewhere"),
				scratch_path(self->scratch, "store/locks")),
		==, 0);
	store_close(open_store(self, STORE_WRITE));
	g_assert_cmpuint(mode_of(self, "elsewhere"), ==, 0644);
}

#define ADD(name, function)                                                                        \
	g_test_add("/store/trust/" name, store_fixture, NULL, store_set_up, function,              \
		store_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("way-is-writable", test_way_is_writable);
	ADD("way-is-anothers", test_way_is_anothers);
	ADD("anothers", test_anothers);
	ADD("mode-is-mended", test_mode_is_mended);
	ADD("links-are-let-be", test_links_are_let_be);
	return g_test_run();
}
