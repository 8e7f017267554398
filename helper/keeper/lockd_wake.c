/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/lockd_wake.h"

#include "base/fd.h"
#include "keeper/registrations.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOCKD 100021

/* A universal address (RFC 5665, 5.2.3.3): "127.0.0.1.HIGH.LOW". */
static guint16 port_of(const char *address)
{
	unsigned int high, low;

	if (sscanf(address, "%*u.%*u.%*u.%*u.%u.%u", &high, &low) != 2 || high > 255 || low > 255)
		return 0;
	return (guint16)(high * 256 + low);
}

guint16 lockd_wake_port(const GPtrArray *registrations)
{
	for (guint i = 0; registrations != NULL && i < registrations->len; i++) {
		const struct registration *one = g_ptr_array_index(registrations, i);

		if (one->program == LOCKD && g_str_equal(one->netid, "tcp"))
			return port_of(one->address);
	}
	return 0;
}

void lockd_wake(guint16 port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	autofd fd = -1;

	if (port == 0)
		return;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* On the loopback interface it is there when connect(2) returns. */
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		g_debug("cannot connect to lockd at port %u", port);
}
