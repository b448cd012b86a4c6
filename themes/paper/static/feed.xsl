<?xml version="1.0" encoding="utf-8"?>
<!-- What a browser shows of an RSS or Atom feed: what a feed is for, its address to copy, and the posts in it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:atom="http://www.w3.org/2005/Atom"
  exclude-result-prefixes="atom">
<xsl:output method="html" encoding="utf-8" doctype-system="about:legacy-compat"/>

<xsl:template match="/">
<html lang="{(/rss/channel/language | /atom:feed/@xml:lang)[1]}">
<head>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="robots" content="noindex"/>
<title><xsl:value-of select="(/rss/channel/title | /atom:feed/atom:title)[1]"/></title>
<style>
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.55 Charter, "Bitstream Charter", Cambria, Georgia, serif; max-width: 38rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
.note { border-left: 3px solid; padding-left: 1rem; margin: 1.5rem 0; }
code { font-size: .9em; overflow-wrap: anywhere; user-select: all; }
ol { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid; padding: .6rem 0; }
time { display: block; font-size: .875rem; }
a { color: inherit; }
</style>
</head>
<body>
<xsl:apply-templates select="rss/channel | atom:feed"/>
</body>
</html>
</xsl:template>

<xsl:template name="what">
<xsl:param name="language"/>
<xsl:param name="address"/>
<div class="note">
<xsl:choose>
<xsl:when test="starts-with($language, 'de')"><p><strong>Das ist ein Feed.</strong> Kopieren Sie seine Adresse in einen Feedreader, und neue Beiträge kommen von selbst zu Ihnen, ohne Konto und ohne E-Mail-Adresse.</p></xsl:when>
<xsl:when test="starts-with($language, 'fr')"><p><strong>Ceci est un flux.</strong> Copiez son adresse dans un lecteur de flux : les nouveaux billets viendront à vous, sans compte ni adresse électronique.</p></xsl:when>
<xsl:when test="starts-with($language, 'nl')"><p><strong>Dit is een feed.</strong> Kopieer het adres naar een feedlezer en nieuwe berichten komen vanzelf naar u toe, zonder account of e-mailadres.</p></xsl:when>
<xsl:when test="starts-with($language, 'es')"><p><strong>Esto es un canal de noticias.</strong> Copie su dirección en un lector y las entradas nuevas le llegarán solas, sin cuenta ni correo electrónico.</p></xsl:when>
<xsl:otherwise><p><strong>This is a feed.</strong> Copy its address into a feed reader, and new posts come to you, without an account or an email address.</p></xsl:otherwise>
</xsl:choose>
<p><code><xsl:value-of select="$address"/></code></p>
</div>
</xsl:template>

<xsl:template match="channel">
<h1><a href="{link}"><xsl:value-of select="title"/></a></h1>
<p><xsl:value-of select="description"/></p>
<xsl:call-template name="what">
<xsl:with-param name="language" select="language"/>
<xsl:with-param name="address" select="atom:link[@rel='self']/@href"/>
</xsl:call-template>
<ol><xsl:for-each select="item"><li><a href="{link}"><xsl:value-of select="title"/></a><time><xsl:value-of select="substring(pubDate, 6, 11)"/></time></li></xsl:for-each></ol>
</xsl:template>

<xsl:template match="atom:feed">
<h1><a href="{atom:link[@rel='alternate']/@href}"><xsl:value-of select="atom:title"/></a></h1>
<p><xsl:value-of select="atom:subtitle"/></p>
<xsl:call-template name="what">
<xsl:with-param name="language" select="@xml:lang"/>
<xsl:with-param name="address" select="atom:link[@rel='self']/@href"/>
</xsl:call-template>
<ol><xsl:for-each select="atom:entry"><li><a href="{atom:link[@rel='alternate']/@href}"><xsl:value-of select="atom:title"/></a><time><xsl:value-of select="substring(atom:published, 1, 10)"/></time></li></xsl:for-each></ol>
</xsl:template>
</xsl:stylesheet>
