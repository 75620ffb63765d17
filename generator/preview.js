// Reloads the page when the questionnaires or templates have changed, and shows their problems. Only `glasspoll serve`
// adds this to a page.
(() => {
  const events = new EventSource(document.currentScript.src.replace(/\.js$/, ""));
  let edition;
  let box;
  events.onmessage = (message) => {
    const news = JSON.parse(message.data);
    edition ??= news.edition;
    if (news.edition !== edition) {
      location.reload();
      return;
    }
    box?.remove();
    if (!news.problems) return;
    box = document.createElement("pre");
    box.id = "glasspoll-problems";
    box.setAttribute("role", "alert");
    box.textContent = news.problems;
    Object.assign(box.style, {
      position: "fixed", insetInline: "0", bottom: "0", margin: "0", padding: "1rem", maxHeight: "50vh", overflow: "auto",
      whiteSpace: "pre-wrap", font: "14px/1.5 monospace", background: "#7a1010", color: "#fff", zIndex: "1000",
    });
    document.body.append(box);
  };
  addEventListener("pagehide", () => events.close());
})();
