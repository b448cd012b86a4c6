//! The incidents behind the guard's rules: who lost what, when, and where it was told in public.
//!
//! Only what really happened to somebody stands here, with the issue in which it was reported where there is one. A rule
//! without a known incident has no row.

/// What happened, by the code of the rule that would have told.
pub(super) const INCIDENTS: &[(&str, &str)] = &[
    (
        "snippet/missing",
        "In October and November 2016 the blog of nodejs.org counted some 60 sessions where it used to count about 50,000. \
         A change to the site had lost the snippet in that one section; the total of the whole site looked as ever, and \
         somebody noticed weeks later (nodejs/nodejs.org, issue 1028).",
    ),
    (
        "snippet/altered",
        "From May to August 2016 a company's documentation lost 99 % of its counted traffic: the pages still had a snippet, \
         but not the one that its account was reading (scrapinghub/doc.scrapinghub.com, pull request 147).",
    ),
    (
        "snippet/doubled",
        "From 9 January to April 2023 the web client of Pocket told its analytics of each page view twice, because two files set \
         the counter up. It came out when a second tool showed half as many (Pocket/web-client, pull request 1034).",
    ),
    (
        "snippet/foreign",
        "Universal Analytics stopped taking hits on 1 July 2023. Three years later a project found its tag still on every page, \
         loading a script and counting nothing, without an error (DIYbiosphere/sphere, pull request 352).",
    ),
    (
        "snippet/insecure",
        "Until the last day of 2016, the template for Google Analytics that came with Hugo asked for its script over http; \
         on a page that came over https, browsers block such a script.",
    ),
    (
        "lock/changed",
        "On 20 July 2022 the Kenyan site of a UNICEF project was relaunched with another tracking code in its settings. Every \
         request was answered politely, and it was mid-September before anybody saw that the visits were missing \
         (unicef/iogt, issue 1406).",
    ),
    (
        "tracker/answer",
        "On 4 October 2024 the certificate of goatcounter.com expired, the fifth time that this had happened. Pages looked as \
         ever while browsers refused the script (arp242/goatcounter, issue 772).",
    ),
    (
        "tracker/address",
        "After 11 December 2024 sites that named an old host of Umami Cloud recorded nothing more, until somebody tried the new \
         one (ijkml/nuxt-umami, issue 127).",
    ),
    (
        "tracker/bytes",
        "In December 2025 self-hosted Umami servers were taken over through a hole in the framework that they were built on \
         (CVE-2025-66478). Whoever owns the server owns the script that every page loads (umami-software/umami, issues 3829 \
         and 3852).",
    ),
    (
        "tracker/hosts",
        "From 3 to 6 November 2018 the counter script of StatCounter carried a few foreign lines in its middle, which loaded \
         a further script from a look-alike host and redirected Bitcoin transfers of one exchange. Every site that used \
         the counter served them.",
    ),
    (
        "contract/commands",
        "In February 2011 a blogger's statistics dropped. A module of his CMS had been upgraded and now spoke the commands of \
         Piwik 1.1; his server's tracker was 1.0 and knew none of them. No address, no byte on the server and no error \
         message had changed, and he found out weeks later, by eye. It is why this program exists.",
    ),
    (
        "contract/endpoint",
        "In old browsers, Plausible's tracker did not find its own tag and sent its hits to `undefined/api/event`, an address \
         of the site itself, where they were a 404 (plausible/analytics, issue 2706).",
    ),
    (
        "contract/policy",
        "On 25 June 2026 a site hardened its Content-Security-Policy and forgot its analytics host. Some 300 events a day \
         became one, for 11 days, and those days are gone (caesarakalaeii/all-chat, pull request 530). Matomo 4.0 did the \
         same to many in 2020, when its tracker changed from images to beacons (matomo-org/matomo, issue 16935).",
    ),
    (
        "version/accepted",
        "In April 2023 Umami went from version 1 to 2, which renamed its script and its collect address. Pages that still held \
         the old script sent every hit to a 404 (umami-software/umami, issue 1924).",
    ),
    (
        "collect/site",
        "In September 2026 a site moved to another domain and stayed on the analytics server's list under its old one. Each hit \
         was answered 200 and thrown away (kentcdodds/kody, pull request 2182). From December 2023 hits through self-made \
         proxies to Plausible fared alike, with 202, until somebody looked in February (plausible/analytics, issue 3758).",
    ),
];
