<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Makes the manual page ocf_PROVIDER_AGENT(7) of an agent from its meta-data: roff, with only the man macros.
  It has no date, so that the same source makes the same page.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text" encoding="UTF-8"/>

  <xsl:param name="class">ocf</xsl:param>
  <xsl:param name="provider">lockferry</xsl:param>
  <xsl:param name="version"/>

  <xsl:variable name="agent" select="/resource-agent/@name"/>
  <xsl:variable name="type" select="concat($class, ':', $provider, ':', $agent)"/>
  <xsl:variable name="page" select="concat($class, '_', $provider, '_', $agent)"/>
  <xsl:variable name="required" select="/resource-agent/parameters/parameter[@required = 1]"/>
  <!-- the actions that a configuration names; the cluster calls the others by itself -->
  <xsl:variable name="operations"
    select="/resource-agent/actions/action[@name = 'start' or @name = 'stop' or @name = 'monitor']"/>

  <xsl:template match="/resource-agent">
    <xsl:text>.\" SPDX-License-Identifier: GPL-2.0-or-later&#10;</xsl:text>
    <xsl:text>.\" Made from the agent's meta-data: change that instead.&#10;</xsl:text>
    <xsl:value-of select="concat('.TH ', $page, ' 7 &quot;&quot; &quot;', $provider, ' ', $version, '&quot; &quot;OCF resource agents&quot;&#10;')"/>
    <xsl:text>.SH NAME&#10;</xsl:text>
    <xsl:value-of select="concat($page, ' \- ')"/>
    <xsl:apply-templates select="shortdesc[1]"/>
    <xsl:call-template name="synopsis"/>
    <xsl:text>.SH DESCRIPTION&#10;</xsl:text>
    <xsl:apply-templates select="longdesc[1]"/>
    <xsl:text>.SH PARAMETERS&#10;</xsl:text>
    <xsl:apply-templates select="parameters/parameter"/>
    <xsl:text>.SH ACTIONS&#10;Time\-outs and intervals are the least that is advised.&#10;</xsl:text>
    <xsl:apply-templates select="actions/action"/>
    <xsl:call-template name="examples"/>
    <xsl:text>.SH SEE ALSO&#10;.BR lockferry (8),&#10;.BR pcs (8),&#10;.BR crm (8),&#10;.BR rpc.statd (8)&#10;</xsl:text>
  </xsl:template>

  <xsl:template name="synopsis">
    <xsl:text>.SH SYNOPSIS&#10;</xsl:text>
    <xsl:value-of select="concat('.B ', $agent, '&#10;')"/>
    <xsl:for-each select="actions/action">
      <xsl:choose>
        <xsl:when test="position() = 1">{</xsl:when>
        <xsl:otherwise>|</xsl:otherwise>
      </xsl:choose>
      <xsl:text>\fB</xsl:text>
      <xsl:call-template name="roff"><xsl:with-param name="text" select="@name"/></xsl:call-template>
      <xsl:text>\fR</xsl:text>
    </xsl:for-each>
    <xsl:text>}&#10;</xsl:text>
  </xsl:template>

  <xsl:template match="parameter">
    <xsl:text>.TP&#10;\fB</xsl:text>
    <xsl:call-template name="roff"><xsl:with-param name="text" select="@name"/></xsl:call-template>
    <xsl:text>\fR (</xsl:text>
    <xsl:if test="@required = 1">required, </xsl:if>
    <xsl:if test="@unique-group">unique, </xsl:if>
    <xsl:if test="@reloadable = 1">changed without a restart, </xsl:if>
    <xsl:choose>
      <xsl:when test="content/option">
        <xsl:for-each select="content/option">
          <xsl:if test="position() &gt; 1">, </xsl:if>
          <xsl:if test="position() &gt; 1 and position() = last()">or </xsl:if>
          <xsl:call-template name="roff"><xsl:with-param name="text" select="@value"/></xsl:call-template>
        </xsl:for-each>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="content/@type"/></xsl:otherwise>
    </xsl:choose>
    <xsl:if test="content/@default">
      <xsl:text>, default </xsl:text>
      <xsl:call-template name="roff"><xsl:with-param name="text" select="content/@default"/></xsl:call-template>
    </xsl:if>
    <xsl:text>)&#10;</xsl:text>
    <xsl:apply-templates select="longdesc[1]"/>
  </xsl:template>

  <xsl:template match="action">
    <xsl:text>.TP&#10;\fB</xsl:text>
    <xsl:call-template name="roff"><xsl:with-param name="text" select="@name"/></xsl:call-template>
    <xsl:value-of select="concat('\fR&#10;time\-out ', @timeout)"/>
    <xsl:if test="@interval"><xsl:value-of select="concat(', interval ', @interval)"/></xsl:if>
    <xsl:text>&#10;</xsl:text>
  </xsl:template>

  <xsl:template name="examples">
    <xsl:text>.SH EXAMPLES&#10;With pcs:&#10;.PP&#10;.RS&#10;.nf&#10;pcs resource create \fIID\fR </xsl:text>
    <xsl:value-of select="$type"/>
    <xsl:text> \e&#10;   </xsl:text>
    <xsl:for-each select="$required"><xsl:value-of select="concat(' ', @name, '=\fI', @name, '\fR')"/></xsl:for-each>
    <xsl:text> \e&#10;    op</xsl:text>
    <xsl:for-each select="$operations">
      <xsl:value-of select="concat(' ', @name, ' timeout=', @timeout)"/>
      <xsl:if test="@interval"><xsl:value-of select="concat(' interval=', @interval)"/></xsl:if>
    </xsl:for-each>
    <xsl:text> \e&#10;    \-\-group \fIGROUP\fR</xsl:text>
    <!-- its place is before an address that another resource brings -->
    <xsl:if test="parameters/parameter[@name = 'ip']"> \-\-before \fIIPADDR\fR</xsl:if>
    <xsl:text>&#10;.fi&#10;.RE&#10;</xsl:text>
    <xsl:text>.PP&#10;With crmsh:&#10;.PP&#10;.RS&#10;.nf&#10;primitive \fIID\fR </xsl:text>
    <xsl:value-of select="$type"/>
    <xsl:text> \e&#10;    params</xsl:text>
    <xsl:for-each select="$required"><xsl:value-of select="concat(' ', @name, '=\fI', @name, '\fR')"/></xsl:for-each>
    <xsl:for-each select="$operations">
      <xsl:value-of select="concat(' \e&#10;    op ', @name, ' timeout=', @timeout)"/>
      <xsl:if test="@interval"><xsl:value-of select="concat(' interval=', @interval)"/></xsl:if>
    </xsl:for-each>
    <xsl:text>&#10;.fi&#10;.RE&#10;</xsl:text>
  </xsl:template>

  <xsl:template match="shortdesc | longdesc">
    <xsl:call-template name="paragraphs"><xsl:with-param name="text" select="string(.)"/></xsl:call-template>
  </xsl:template>

  <!-- A blank line ends a paragraph; within one, line ends mean nothing. -->
  <xsl:template name="paragraphs">
    <xsl:param name="text"/>
    <xsl:param name="first" select="true()"/>
    <xsl:variable name="break" select="'&#10;&#10;'"/>
    <xsl:variable name="head" select="normalize-space(substring-before(concat($text, $break), $break))"/>
    <xsl:if test="$head">
      <xsl:if test="not($first)">
        <xsl:choose>
          <xsl:when test="ancestor::parameter">.IP&#10;</xsl:when>
          <xsl:otherwise>.PP&#10;</xsl:otherwise>
        </xsl:choose>
      </xsl:if>
      <xsl:call-template name="roff"><xsl:with-param name="text" select="$head"/></xsl:call-template>
      <xsl:text>&#10;</xsl:text>
    </xsl:if>
    <xsl:if test="contains($text, $break)">
      <xsl:call-template name="paragraphs">
        <xsl:with-param name="text" select="substring-after($text, $break)"/>
        <xsl:with-param name="first" select="$first and not($head)"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- Text that roff prints unchanged: requests and escapes are quoted. -->
  <xsl:template name="roff">
    <xsl:param name="text"/>
    <xsl:if test="starts-with($text, '.')">\&amp;</xsl:if>
    <xsl:call-template name="replace">
      <xsl:with-param name="text">
        <xsl:call-template name="replace">
          <xsl:with-param name="text">
            <xsl:call-template name="replace">
              <xsl:with-param name="text" select="$text"/>
              <xsl:with-param name="from" select="'\'"/>
              <xsl:with-param name="to" select="'\e'"/>
            </xsl:call-template>
          </xsl:with-param>
          <xsl:with-param name="from" select="'-'"/>
          <xsl:with-param name="to" select="'\-'"/>
        </xsl:call-template>
      </xsl:with-param>
      <xsl:with-param name="from">'</xsl:with-param>
      <xsl:with-param name="to" select="'\(aq'"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="replace">
    <xsl:param name="text"/>
    <xsl:param name="from"/>
    <xsl:param name="to"/>
    <xsl:choose>
      <xsl:when test="contains($text, $from)">
        <xsl:value-of select="concat(substring-before($text, $from), $to)"/>
        <xsl:call-template name="replace">
          <xsl:with-param name="text" select="substring-after($text, $from)"/>
          <xsl:with-param name="from" select="$from"/>
          <xsl:with-param name="to" select="$to"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
