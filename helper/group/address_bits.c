/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/address_bits.h"

#include <string.h>

/* INET6_ADDRSTRLEN and IFNAMSIZ allow no longer address with an interface. */
#define ADDRESS_MAX_BYTES 64

static GMutex mutex;
static const char *texts[ADDRESS_BITS_MAX];

address_set address_bit(const char *address)
{
	address_set bit = 0;

	g_mutex_lock(&mutex);
	for (guint i = 0; i < ADDRESS_BITS_MAX && bit == 0; i++) {
		if (texts[i] == NULL)
			texts[i] = g_intern_string(address);
		if (g_str_equal(texts[i], address))
			bit = (address_set)1 << i;
	}
	g_mutex_unlock(&mutex);
	return bit;
}

const char *address_bit_text(guint number)
{
	const char *text;

	g_mutex_lock(&mutex);
	text = number < ADDRESS_BITS_MAX ? texts[number] : NULL;
	g_mutex_unlock(&mutex);
	return text;
}

void address_set_format(address_set set, GString *to)
{
	const char *separator = "";

	for (guint i = 0; i < ADDRESS_BITS_MAX; i++) {
		const char *text = (set >> i & 1) != 0 ? address_bit_text(i) : NULL;

		if (text == NULL)
			continue;
		g_string_append(to, separator);
		g_string_append(to, text);
		separator = ",";
	}
	if (separator[0] == '\0')
		g_string_append_c(to, '-');
}

/* Whether the text can be an address. Damaged texts must not use up the bits. */
static bool is_plausible(const char *text)
{
	gsize length = strlen(text);

	return length > 1 && length <= ADDRESS_MAX_BYTES && strpbrk(text, ".:") != NULL &&
	       strspn(text, "0123456789abcdefABCDEF.:") >= strcspn(text, "%");
}

bool address_set_parse(const char *text, address_set *set)
{
	g_auto(GStrv) addresses = NULL;

	*set = 0;
	if (g_str_equal(text, "-"))
		return true;
	addresses = g_strsplit(text, ",", ADDRESS_BITS_MAX + 1);
	for (gsize i = 0; addresses[i] != NULL; i++) {
		if (!is_plausible(addresses[i]))
			return false;
		*set |= address_bit(addresses[i]);
	}
	return *set != 0;
}
