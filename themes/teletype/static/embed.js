// A video is a link until it is clicked: only then does its vendor hear of the reader. Where a player may not be loaded, the link is followed.
for (const link of document.querySelectorAll("a[data-embed]")) {
  link.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const player = document.createElement("iframe");
    player.src = link.dataset.embed;
    player.title = link.textContent;
    player.allow = "autoplay; fullscreen; picture-in-picture";
    player.referrerPolicy = "strict-origin-when-cross-origin";
    player.className = "embed-player";
    document.addEventListener("securitypolicyviolation", (violation) => {
      if (violation.effectiveDirective === "frame-src") location.assign(link.href);
    }, { once: true });
    link.replaceWith(player);
    player.focus();
  });
}
