"use strict";
(() => {
  const byId = id => document.getElementById(id);
  const told = JSON.parse(byId("data").textContent);
  const PAGE = 200, PAPER = 500;
  const phones = told.groups.flatMap((group, number) => group.phones.flatMap(([site, names]) => names.map(device => ({
    device, number, site: told.sites[site], model: group.model, outcome: group.outcome, reason: group.reason,
    lost: group.lost, remedy: told.remedies[group.remedy], standing: group.standing, story: group.story, was: group.was,
  }))));
  phones.forEach((phone, place) => { phone.place = place; phone.said = [phone.device, phone.model, phone.site, phone.reason].join("\n").toLowerCase(); });
  const columns = ["device", "model", "site", "outcome", "reason", "lost", "remedy", "standing"];
  if (told.groups.some(group => "was" in group)) columns.push("was");
  const labels = { device: "device", model: "model", site: "site", outcome: "outcome", reason: "reason", lost: "lost at step", remedy: "what helps", standing: "known by", was: "in the baseline" };
  const rank = { "out-of-service": 0, stuck: 1, "cannot-say": 2, degraded: 3, ok: 4 };
  const find = byId("find"), rows = byId("rows"), more = byId("more"), counted = byId("counted"), order = byId("order");
  const pickers = ["outcome", "site", "model"].map(byId);
  const heads = [...document.querySelectorAll("#phones-table th[data-key]")];
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  let limit = PAGE, key = "", down = false;

  for (const picker of pickers) {
    const values = [...new Set(phones.map(phone => phone[picker.id]))].sort(picker.id === "outcome" ? (a, b) => rank[a] - rank[b] : compare);
    for (const value of values) picker.append(new Option(value || "(none)", "=" + value));
  }

  function cell(row, name, text) {
    const td = row.insertCell();
    td.dataset.label = labels[name];
    td.className = name;
    if (name === "outcome") {
      const word = document.createElement("span");
      word.className = "word " + text;
      word.textContent = text;
      td.append(word);
    } else td.textContent = text;
    if (name === "device") td.classList.add("head");
    if (/[^\s-]{33}/.test(text)) td.classList.add("long"); // paper has no room for it in one piece
    if (name === "lost") td.classList.add("number");
    if (name === "standing") td.classList.add("whole-word");
  }

  function explain(button, row, phone) {
    const open = row.nextElementSibling;
    if (open && open.classList.contains("told")) { open.remove(); button.setAttribute("aria-expanded", "false"); return; }
    const inside = document.createElement("tr"), td = inside.insertCell(), pre = document.createElement("pre");
    inside.className = "told";
    td.colSpan = columns.length + 1;
    pre.textContent = byId("story-" + phone.story).querySelector("pre").textContent;
    td.append("One phone of its class tells it; phones of a class differ in nothing that matters.", pre);
    row.after(inside);
    button.setAttribute("aria-expanded", "true");
  }

  function line(phone) {
    const row = rows.insertRow();
    for (const name of columns) cell(row, name, phone[name]);
    const td = row.insertCell();
    td.className = "screen";
    if (phone.story !== null) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "why";
      button.textContent = "why";
      button.setAttribute("aria-label", "why " + phone.device + " is " + phone.outcome);
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => explain(button, row, phone));
      td.append(button);
    }
  }

  function sorted(list) {
    if (!key) return list;
    const by = key === "outcome" ? (a, b) => rank[a.outcome] - rank[b.outcome]
      : key === "device" ? (a, b) => (a.device > b.device) - (a.device < b.device) // hexadecimal: no numbers in it
      : (a, b) => compare(a[key], b[key]);
    return list.sort((a, b) => (down ? by(b, a) : by(a, b)) || a.place - b.place);
  }

  const figure = number => number.toLocaleString("en");

  function total(wanted, { outcome, site, model }) { // null: the page does not know
    if (wanted || (site !== undefined && model !== undefined)) return null;
    const { all, site: bySite, model: byModel } = told.totals;
    const counts = site !== undefined ? bySite[site] : model !== undefined ? byModel[model] : all;
    return outcome === undefined ? counts.reduce((one, other) => one + other) : counts[rank[outcome]];
  }

  function count(found, wanted, chosen) {
    const whole = told.totals ? total(wanted, chosen) : found;
    if (whole === found) return figure(found) + (found === 1 ? " phone" : " phones");
    if (whole === null) return figure(found) + " of the " + figure(phones.length) + " phones in this page; every phone is in the CSV";
    return figure(found) + " of the " + figure(whole) + " that need attention " + (found === 1 ? "is" : "are") + " in this page; the rest is in the CSV";
  }

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const chosen = pickers.filter(picker => picker.value).map(picker => [picker.id, picker.value.slice(1)]);
    const found = sorted(phones.filter(phone => phone.said.includes(wanted) && chosen.every(([name, value]) => phone[name] === value)));
    rows.textContent = "";
    found.slice(0, limit).forEach(line);
    counted.textContent = count(found.length, wanted, Object.fromEntries(chosen)) +
      (found.length > limit ? ", the first " + figure(limit) + " shown" : "");
    more.hidden = found.length <= limit;
    for (const head of heads) head.setAttribute("aria-sort", head.dataset.key !== key ? "none" : down ? "descending" : "ascending");
    order.value = key;
  }

  function again() { limit = PAGE; draw(); }
  function sortBy(name) { down = key === name && !down; key = name; again(); }

  find.addEventListener("input", again);
  pickers.forEach(picker => picker.addEventListener("change", again));
  order.addEventListener("change", () => { key = order.value; down = false; again(); });
  heads.forEach(head => head.querySelector("button").addEventListener("click", () => sortBy(head.dataset.key)));
  more.addEventListener("click", () => { const at = limit; limit += PAGE; draw(); rows.rows[at]?.querySelector("button")?.focus(); });
  byId("clear").addEventListener("click", () => { find.value = ""; for (const picker of pickers) picker.value = ""; key = ""; again(); find.focus(); });

  function asked() {
    const words = new URLSearchParams(location.hash.slice(1)), names = ["find", "outcome", "site", "model", "sort"];
    if (!names.some(name => words.has(name))) return false;
    find.value = words.get("find") ?? "";
    for (const picker of pickers) picker.value = words.has(picker.id) ? "=" + words.get(picker.id) : "";
    if (columns.includes(words.get("sort"))) { key = words.get("sort"); down = false; }
    return true;
  }
  function follow() { if (asked()) { again(); byId("phones").scrollIntoView(); } }
  addEventListener("hashchange", follow);
  addEventListener("click", event => { // the link that was followed last changes no hash
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) follow();
  });

  let shown = PAGE, opened = [];
  addEventListener("beforeprint", () => {
    shown = limit; limit = PAPER; draw();
    opened = [...document.querySelectorAll("details:not([open]):not(.more)")];
    opened.forEach(each => { each.open = true; });
  });
  addEventListener("afterprint", () => { limit = shown; opened.forEach(each => { each.open = false; }); draw(); });
  document.querySelectorAll(".script").forEach(each => { each.hidden = false; });
  if (asked()) draw(), byId("phones").scrollIntoView(); else draw();
})();
