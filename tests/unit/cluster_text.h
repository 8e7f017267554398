/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLUSTER_TEXT_H
#define CLUSTER_TEXT_H

/* A healthy cluster of two nodes, as crm_mon and cibadmin print it. node1 serves the group "files".
 * Its resources "fs", "locks" and "ip" are the Pacemaker group "nfs". */

#define TEXT_DC "<current_dc present='true' version='2.1.5' name='node1' with_quorum='true'/>"

#define TEXT_OPTIONS                                                                               \
	"<cluster_options stonith-enabled='true' maintenance-mode='false' "                        \
	"stop-all-resources='false'/>"

#define TEXT_NODE(name, states) "<node name='" name "' id='1' " states "/>"
#define TEXT_UP                                                                                    \
	"online='true' standby='false' standby_onfail='false' maintenance='false' "                \
	"pending='false' unclean='false' shutdown='false'"
#define TEXT_NODES TEXT_NODE("node1", TEXT_UP) TEXT_NODE("node2", TEXT_UP)

#define TEXT_STATES "failed='false' blocked='false' managed='true' orphaned='false'"
#define TEXT_ON(id, node)                                                                          \
	"<resource id='" id "' role='Started' active='true' " TEXT_STATES ">"                      \
	"<node name='" node "' id='1' cached='true'/></resource>"
#define TEXT_RESOURCE(id, states) "<resource id='" id "' " states "/>"
#define TEXT_GROUP_ON(node)                                                                        \
	"<group id='nfs'>" TEXT_ON("fs", node) TEXT_ON("locks", node) TEXT_ON("ip", node) "</group>"

#define TEXT_ATTRIBUTE(node, value)                                                                \
	"<node_attributes><node name='" node "'><attribute name='nfslock-files' value='" value     \
	"'/></node></node_attributes>"
#define TEXT_SERVING TEXT_ATTRIBUTE("node1", "serving, 12 clients")

#define TEXT_CRM_MON(dc, options, nodes, resources, rest)                                          \
	"<pacemaker-result api-version='2.25'><summary>" dc options "</summary><nodes>" nodes      \
	"</nodes><resources>" resources "</resources>" rest "</pacemaker-result>"
#define TEXT_CRM_MON_WELL                                                                          \
	TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES, TEXT_GROUP_ON("node1"), TEXT_SERVING)

#define TEXT_LOCKS(id, group)                                                                      \
	"<primitive id='" id "' class='ocf' provider='lockferry' type='nfslock'>"                  \
	"<instance_attributes><nvpair name='group' value='" group "'/><nvpair name='ip' "          \
	"value='192.0.2.10'/><nvpair name='store' value='/srv/nfs/.l'/></instance_attributes>"     \
	"</primitive>"
#define TEXT_REST                                                                                  \
	"<primitive id='fs' class='ocf' provider='heartbeat' type='Filesystem'/>"                  \
	"<primitive id='ip' class='ocf' provider='heartbeat' type='IPaddr2'><instance_attributes>" \
	"<nvpair name='ip' value='192.0.2.10'/></instance_attributes></primitive>"
#define TEXT_CIB(resources, constraints)                                                           \
	"<cib><configuration><resources>" resources "</resources><constraints>" constraints        \
	"</constraints></configuration></cib>"
#define TEXT_GROUP "<group id='nfs'>" TEXT_LOCKS("locks", "files") TEXT_REST "</group>"
#define TEXT_CIB_WELL TEXT_CIB(TEXT_GROUP, "")

#endif
