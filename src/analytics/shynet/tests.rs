//! Holds the row against snippets from the wild, and against a script of the shape that the server writes.

use super::super::recognise as all;
use super::super::script::lex;
use super::super::tests::tags;
use super::*;

fn only(html: &str) -> Sighting {
    let found = all(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn shynet_is_recognised_by_its_address() {
    const ID: &str = "11111111-1111-4111-8111-111111111111";
    for source in ["https://s.example", "//s.example/shynet", "/p", ""] {
        let found = only(&format!("<script src={source}/ingress/{ID}/script.js defer></script>"));
        assert_eq!((found.site.as_deref(), found.style), (Some(ID), "tag"));
        assert_eq!(found.collect.as_deref(), Some(format!("{source}/ingress/{ID}/script.js").as_str()));
    }
    let named = only(&format!("<script src=https://s.example/ingress/{ID}/reader-7/script.js></script>"));
    assert_eq!(named.site.as_deref(), Some(ID));
    let injected =
        only(&format!("<script>var s=document.createElement('script');s.src='/ingress/{ID}/script.js'</script>"));
    assert_eq!(injected.style, "injected");
    assert_eq!(only(&format!("<script type=text/plain src=/ingress/{ID}/script.js></script>")).style, "inert");
    for html in ["<script src=/ingress/script.js></script>", "<script src=/ingress/x/app.js></script>"] {
        assert_eq!(all(&tags(html)), [], "{html}");
    }
}

#[test]
fn the_picture_for_browsers_without_scripts_is_known_as_one_that_counts() {
    let pixel =
        super::super::recognise_pixel("//s.example/ingress/11111111-1111-4111-8111-111111111111/pixel.gif").unwrap();
    assert_eq!((pixel.provider, pixel.style), ("shynet", "pixel"));
    assert_eq!(pixel.site.as_deref(), Some("11111111-1111-4111-8111-111111111111"));
    assert_eq!(super::super::recognise_pixel("/images/pixel.gif"), None);
}

#[test]
fn the_address_that_the_server_takes_for_its_own_is_read() {
    let written = "var Shynet={sendHeartbeat:function(){var xhr=new XMLHttpRequest();xhr.open(\n\"POST\",\n\
        \"http://s.example/ingress/x/script.js\",\ntrue)}}";
    assert_eq!(compiled(&lex(written)).endpoint.as_deref(), Some("http://s.example/ingress/x/script.js"));
    assert_eq!(compiled(&lex("var Shynet = {dnt: true}")), Compiled::default());
}
