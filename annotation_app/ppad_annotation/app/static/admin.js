// The board's only script: leaving. Everything else on it is Gradio's.

addEventListener("click", async (event) => {
  if (!event.target.closest?.("#log-out")) return;
  const { csrf } = await (await fetch("/api/session")).json();
  await fetch("/logout", { method: "POST", headers: { "X-CSRF-Token": csrf } });
  location.assign("/login");
});
document.documentElement.lang = location.pathname.split("/")[2];
