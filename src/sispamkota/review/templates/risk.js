"use strict";
(() => {
  const data = /*DATA*/;
  const find = (id) => document.getElementById(id);
  const kind = find("kind"), hour = find("hour"), sheet = find("sheet");
  const cells = [...document.querySelectorAll(".cell")], hatches = [...document.querySelectorAll(".hatch[data-i]")];
  const rows = [...document.querySelectorAll("#table tbody tr")];
  let chosen = -1;

  const say = (x) => {
    const size = Math.abs(x), digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 || !size ? 3 : 5;
    return x.toLocaleString(data.lang, {minimumFractionDigits: digits, maximumFractionDigits: digits});
  };
  const clock = (h) => `${String(h).padStart(2, "0")}.00–${String(h + 1).padStart(2, "0")}.00`;
  const when = (h) => h < 0 ? data.said.day : `${data.said.hour} ${clock(h)}`;

  // [mean, low, high] of each place: of a kind the hours share the day, of the sum each hour has its own
  const figures = (of, h) => {
    if (of === "trouble") return h < 0 ? data.trouble.day : data.trouble.hours[h];
    const {day, hours} = data.kinds[of];
    return h < 0 ? day : day.map((row) => row.map((x) => x * hours[h]));
  };
  const doubt = ([mean, , high]) => mean <= 0 || high / mean <= 1.5 ? 0 : high / mean <= 2.5 ? 1 : 2;

  // one scale for all hours of a kind: a fifth of all its kelurahan (and hours) to a shade
  const scales = {};
  const scale = (of, h) => {
    const key = `${of}/${h < 0}`;
    if (!scales[key]) {
      const hours = h < 0 ? [-1] : [...Array(24).keys()];
      const all = hours.flatMap((at) => figures(of, at).map((row) => row[0])).filter((x) => x > 0).sort((a, b) => a - b);
      scales[key] = [0.2, 0.4, 0.6, 0.8, 1].map((part) => all.length ? all[Math.round(part * (all.length - 1))] : 0);
    }
    return scales[key];
  };
  const shadeOf = (x, breaks) => x <= 0 ? 0 : Math.min(4, breaks.findIndex((edge) => x <= edge) < 0 ? 4 : breaks.findIndex((edge) => x <= edge));

  const show = () => {
    const h = Number(hour.value), now = figures(kind.value, h), breaks = scale(kind.value, h);
    const unit = h < 0 ? data.said.per_day : data.said.per_hour;
    for (const cell of cells) {
      const row = now[cell.dataset.i], place = data.places[cell.dataset.i];
      const shade = shadeOf(row[0], breaks);
      cell.setAttribute("class", `cell s${shade}${Number(cell.dataset.i) === chosen ? " chosen" : ""}`);
      cell.querySelector("title").textContent = `${place.name}: ${say(row[0])} (${say(row[1])}–${say(row[2])}) ${unit}`;
    }
    for (const each of hatches) each.setAttribute("class", `hatch h${doubt(now[each.dataset.i])}`);
    for (const each of rows) {
      const row = now[each.dataset.i];
      each.children[2].textContent = say(row[0]);
      each.children[3].textContent = `${say(row[1])}–${say(row[2])}`;
    }
    const body = rows[0]?.parentNode;
    body?.append(...rows.sort((a, b) => now[b.dataset.i][0] - now[a.dataset.i][0] || a.dataset.i - b.dataset.i));
    find("when").textContent = when(h);
    find("breaks").textContent = `0 – ${breaks.map(say).join(" – ")}`;
    hour.setAttribute("aria-valuetext", when(h));
    find("unit").textContent = unit;
    find("caption").textContent = [kind.selectedOptions[0].textContent, when(h), unit].join(", ");
    if (chosen >= 0) tell(chosen);
  };

  const make = (tag, words, attributes = {}) => {
    const made = document.createElement(tag);
    made.append(...[words].flat());
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  const tell = (i) => {
    const place = data.places[i], h = Number(hour.value);
    const lines = Object.keys(data.kinds).map((of) => {
      const row = figures(of, h)[i];
      const head = make("th", data.kinds[of].name, {scope: "row"});
      return make("tr", [head, make("td", say(row[0]), {class: "number"}), make("td", `${say(row[1])}–${say(row[2])}`, {class: "number"})]);
    });
    const hours = data.trouble.hours.map((each) => each[i][0]), most = Math.max(...hours) || 1;
    const names = [data.said.kind, data.said.mean, data.said.interval];
    const head = make("thead", make("tr", names.map((x, at) => make("th", x, {scope: "col", class: at ? "number" : ""}))));
    const bars = make("div", hours.map((x, at) => {
      const bar = make("i", "", {title: `${clock(at)}: ${say(x)}`});
      bar.style.height = `${100 * x / most}%`;
      return bar;
    }), {class: "hours", role: "img", "aria-label": hours.map((x, at) => `${clock(at)} ${say(x)}`).join("; ")});
    sheet.replaceChildren(
      make("h3", place.name), make("p", `${place.kec} · ${place.people} ${data.said.people}`),
      make("p", place.why.join("; ")), make("table", [head, make("tbody", lines)]), bars,
      make("p", `00 – 24, ${data.said.per_hour}: 0 – ${say(Math.max(...hours))}`, {class: "small"}),
    );
    sheet.hidden = false;
  };
  const choose = (i) => {
    chosen = i;
    show();
    const cell = cells.find((each) => Number(each.dataset.i) === i);
    if (cell) cell.parentNode.insertBefore(cell, hatches[0]);  // its outline above its neighbours
    if (innerWidth < 800) sheet.scrollIntoView({block: "start"});
  };

  for (const cell of cells) {
    cell.addEventListener("click", () => choose(Number(cell.dataset.i)));
    cell.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(Number(cell.dataset.i)); }
    });
  }
  for (const row of rows) row.addEventListener("click", () => choose(Number(row.dataset.i)));
  kind.addEventListener("change", show);
  hour.addEventListener("input", show);
  find("controls").hidden = false;
  show();
})();
