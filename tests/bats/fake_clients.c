/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * NFS clients for the tests of the command line: at every address of 127.0.0.0/8 in the network
 * namespace in which it runs, and at every other address of the loopback interface
 * (tests/unit/fake_clients.h).
 *
 *	fake_clients [DEAD-CLIENT]...
 *
 * Prints "ready", and then a line for each SM_NOTIFY: "CLIENT heard NAME STATE from ADDRESS". Runs
 * until it is killed.
 */

#include "../unit/fake_clients.h"

#include <stdio.h>

static void tell(const struct heard *heard)
{
	printf("%s heard %s %u from %s\n", heard->host, heard->name, heard->state, heard->caller);
}

int main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

	setvbuf(stdout, NULL, _IOLBF, 0);
	fake_clients_listener = tell;
	fake_clients_start();
	for (int i = 1; i < argc; i++)
		dead_host_at(argv[i]);
	puts("ready");
	g_main_loop_run(loop);
	fake_clients_stop();
	return 0;
}
