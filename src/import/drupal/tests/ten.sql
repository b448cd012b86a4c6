/*M!999999\- enable the sandbox mode */
-- MariaDB dump 10.19
CREATE TABLE `dr_batch` (
  `bid` int(10) unsigned NOT NULL
);
CREATE TABLE `dr_config` (
  `collection` varchar(255) NOT NULL DEFAULT '',
  `name` varchar(255) NOT NULL DEFAULT '',
  `data` longblob
);
INSERT INTO `dr_config` VALUES
('','system.site',_binary 'a:2:{s:4:\"name\";s:8:\"Wächter\";s:16:\"default_langcode\";s:2:\"en\";}'),
('language.fr','system.site',_binary 'a:1:{s:4:\"name\";s:5:\"Garde\";}');
CREATE TABLE `dr_node` (
  `nid` int(10) unsigned NOT NULL,
  `vid` int(10) unsigned DEFAULT NULL,
  `type` varchar(32) NOT NULL
);
INSERT INTO `dr_node` VALUES (7,7,'article');
CREATE TABLE `dr_node__body` (
  `bundle` varchar(128) NOT NULL DEFAULT '',
  `deleted` tinyint(4) NOT NULL DEFAULT 0,
  `entity_id` int(10) unsigned NOT NULL,
  `revision_id` int(10) unsigned NOT NULL,
  `langcode` varchar(32) NOT NULL DEFAULT '',
  `delta` int(10) unsigned NOT NULL,
  `body_value` longtext NOT NULL,
  `body_summary` longtext DEFAULT NULL,
  `body_format` varchar(255) DEFAULT NULL
);
INSERT INTO `dr_node__body` VALUES
('article',0,7,7,'en',0,'<p>Hello <em>there</em>, <img alt=\"cat\" data-entity-type=\"file\" data-entity-uuid=\"1-2\" src=\"/sites/default/files/inline-images/cat.png\"></p>',NULL,'basic_html'),
('article',0,7,7,'fr',0,'<p>Bonjour</p>',NULL,'basic_html');
CREATE TABLE `dr_node_field_data` (
  `nid` int(10) unsigned NOT NULL,
  `vid` int(10) unsigned NOT NULL,
  `type` varchar(32) NOT NULL,
  `langcode` varchar(12) NOT NULL,
  `status` tinyint(4) NOT NULL,
  `uid` int(10) unsigned NOT NULL,
  `title` varchar(255) NOT NULL,
  `created` int(11) NOT NULL,
  `changed` int(11) NOT NULL,
  `default_langcode` tinyint(4) NOT NULL
);
INSERT INTO `dr_node_field_data` VALUES
(7,7,'article','en',1,1,'Hello',1704153600,1704153600,1),
(7,7,'article','fr',1,1,'Bonjour',1704153600,1704153600,0);
CREATE TABLE `dr_path_alias` (
  `id` int(10) unsigned NOT NULL,
  `langcode` varchar(12) NOT NULL,
  `path` varchar(255) DEFAULT NULL,
  `alias` varchar(255) DEFAULT NULL,
  `status` tinyint(4) NOT NULL
);
INSERT INTO `dr_path_alias` VALUES (1,'en','/node/7','/blog/hello',1),(2,'fr','/node/7','/blog/bonjour',1),(3,'en','/node/7','/gone',0);
CREATE TABLE `dr_taxonomy_index` (
  `nid` int(10) unsigned NOT NULL,
  `tid` int(10) unsigned NOT NULL
);
INSERT INTO `dr_taxonomy_index` VALUES (7,1);
CREATE TABLE `dr_taxonomy_term_field_data` (
  `tid` int(10) unsigned NOT NULL,
  `vid` varchar(32) NOT NULL,
  `name` varchar(255) NOT NULL
);
INSERT INTO `dr_taxonomy_term_field_data` VALUES (1,'tags','Cats');
-- Dump completed on 2024-01-03
