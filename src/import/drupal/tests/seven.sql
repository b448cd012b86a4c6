-- MySQL dump 10.13  Distrib 5.1.73
/*!40101 SET NAMES utf8 */;

CREATE TABLE `batch` (
  `bid` int(10) unsigned NOT NULL,
  PRIMARY KEY (`bid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;

CREATE TABLE `comment` (
  `cid` int(11) NOT NULL,
  `pid` int(11) NOT NULL DEFAULT '0',
  `nid` int(11) NOT NULL DEFAULT '0',
  `uid` int(11) NOT NULL DEFAULT '0',
  `subject` varchar(64) NOT NULL DEFAULT '',
  `hostname` varchar(128) NOT NULL DEFAULT '',
  `created` int(11) NOT NULL DEFAULT '0',
  `status` tinyint(3) unsigned NOT NULL DEFAULT '1',
  `name` varchar(60) DEFAULT NULL,
  `mail` varchar(64) DEFAULT NULL,
  PRIMARY KEY (`cid`)
) ENGINE=InnoDB;
INSERT INTO `comment` VALUES (1,0,12,0,'Yes','10.0.0.1',1299750000,1,'Ann','ann@example.org'),(2,0,12,0,'Buy','10.0.0.2',1299750001,0,'Spam','s@example.org');

CREATE TABLE `field_data_body` (
  `entity_type` varchar(128) NOT NULL DEFAULT '',
  `bundle` varchar(128) NOT NULL DEFAULT '',
  `deleted` tinyint(4) NOT NULL DEFAULT '0',
  `entity_id` int(10) unsigned NOT NULL,
  `language` varchar(32) NOT NULL DEFAULT '',
  `delta` int(10) unsigned NOT NULL,
  `body_value` longtext,
  `body_summary` longtext,
  `body_format` varchar(255) DEFAULT NULL
) ENGINE=InnoDB;
INSERT INTO `field_data_body` VALUES ('node','story',0,12,'und',0,'First\nline.\n\n<!--break-->\n\nSecond <strong>part</strong>.','','filtered_html'),('node','page',0,13,'und',0,'<?php print \"x\"; ?>','','php_code');

CREATE TABLE `field_data_comment_body` (
  `entity_id` int(10) unsigned NOT NULL,
  `comment_body_value` longtext
) ENGINE=InnoDB;
INSERT INTO `field_data_comment_body` VALUES (1,'<p>Well said</p>'),(2,'<p>Cheap</p>');

CREATE TABLE `field_data_field_image` (
  `entity_type` varchar(128) NOT NULL DEFAULT '',
  `deleted` tinyint(4) NOT NULL DEFAULT '0',
  `entity_id` int(10) unsigned NOT NULL,
  `field_image_fid` int(10) unsigned DEFAULT NULL,
  `field_image_alt` varchar(512) DEFAULT NULL
) ENGINE=InnoDB;
INSERT INTO `field_data_field_image` VALUES ('node',0,12,3,'A guard');

CREATE TABLE `file_managed` (
  `fid` int(10) unsigned NOT NULL,
  `filename` varchar(255) NOT NULL DEFAULT '',
  `uri` varchar(255) NOT NULL DEFAULT ''
) ENGINE=InnoDB;
INSERT INTO `file_managed` VALUES (3,'a.png','public://2011/a.png');

CREATE TABLE `filter` (
  `format` varchar(255) NOT NULL,
  `module` varchar(64) NOT NULL DEFAULT '',
  `name` varchar(32) NOT NULL DEFAULT '',
  `weight` int(11) NOT NULL DEFAULT '0',
  `status` int(11) NOT NULL DEFAULT '0',
  `settings` longblob
) ENGINE=InnoDB;
INSERT INTO `filter` VALUES ('filtered_html','filter','filter_autop',2,1,_binary 'a:0:{}'),('php_code','php','php_code',0,1,NULL);

CREATE TABLE `node` (
  `nid` int(10) unsigned NOT NULL,
  `type` varchar(32) NOT NULL DEFAULT '',
  `language` varchar(12) NOT NULL DEFAULT '',
  `title` varchar(255) NOT NULL DEFAULT '',
  `uid` int(11) NOT NULL DEFAULT '0',
  `status` int(11) NOT NULL DEFAULT '1',
  `created` int(11) NOT NULL DEFAULT '0',
  `changed` int(11) NOT NULL DEFAULT '0',
  PRIMARY KEY (`nid`)
) ENGINE=InnoDB;
INSERT INTO `node` VALUES (12,'story','und','Who is watching the guards?',1,1,1299744000,1299744000),(13,'page','und','About',1,1,1299744000,1299830400),(14,'story','und','Unfinished',1,0,1299744000,1299744000);

CREATE TABLE `redirect` (
  `rid` int(10) unsigned NOT NULL,
  `source` varchar(255) NOT NULL,
  `redirect` varchar(255) NOT NULL
) ENGINE=InnoDB;
INSERT INTO `redirect` VALUES (1,'old/guards','node/12');

CREATE TABLE `taxonomy_index` (
  `nid` int(10) unsigned NOT NULL DEFAULT '0',
  `tid` int(10) unsigned NOT NULL DEFAULT '0'
) ENGINE=InnoDB;
INSERT INTO `taxonomy_index` VALUES (12,1),(12,2);

CREATE TABLE `taxonomy_term_data` (
  `tid` int(10) unsigned NOT NULL,
  `vid` int(10) unsigned NOT NULL DEFAULT '0',
  `name` varchar(255) NOT NULL DEFAULT ''
) ENGINE=InnoDB;
INSERT INTO `taxonomy_term_data` VALUES (1,1,'Drupal'),(2,1,'Piwik');

CREATE TABLE `taxonomy_vocabulary` (
  `vid` int(10) unsigned NOT NULL,
  `name` varchar(255) NOT NULL DEFAULT '',
  `machine_name` varchar(255) NOT NULL DEFAULT ''
) ENGINE=InnoDB;
INSERT INTO `taxonomy_vocabulary` VALUES (1,'Tags','tags');

CREATE TABLE `url_alias` (
  `pid` int(10) unsigned NOT NULL,
  `source` varchar(255) NOT NULL DEFAULT '',
  `alias` varchar(255) NOT NULL DEFAULT '',
  `language` varchar(12) NOT NULL DEFAULT ''
) ENGINE=InnoDB;
INSERT INTO `url_alias` VALUES (1,'node/12','content/who-is-watching','und'),(2,'node/13','about','und');

CREATE TABLE `users` (
  `uid` int(10) unsigned NOT NULL,
  `name` varchar(60) NOT NULL DEFAULT ''
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (0,''),(1,'amedee');

CREATE TABLE `variable` (
  `name` varchar(128) NOT NULL DEFAULT '',
  `value` longblob NOT NULL
) ENGINE=InnoDB;
INSERT INTO `variable` VALUES ('site_name',_binary 's:11:\"Lone Gunmen\";'),('date_default_timezone',_binary 's:15:\"Europe/Brussels\";');
-- Dump completed on 2011-03-12
