// The search line: what it may go on with, and controls that write their words into it.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const form = $("#search");
  const line = $("#find-q");
  const list = $("#search-options");
  if (!line || !list) return;

  // Completion: a list below the line; the focus never leaves the line

  line.setAttribute("role", "combobox");
  line.setAttribute("aria-autocomplete", "list");
  line.setAttribute("aria-controls", list.id);
  line.setAttribute("aria-expanded", "false");

  let asked = 0;
  let timer = 0;

  const options = () => $$("[role=option]", list);
  const chosen = () => $("[aria-selected=true]", list);

  function show(open) {
    list.hidden = !open;
    line.setAttribute("aria-expanded", String(open));
    if (!open) choose(null);
  }

  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      line.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else line.removeAttribute("aria-activedescendant");
  }

  async function complete() {
    const mine = ++asked;
    const query = new URLSearchParams({ q: line.value, at: line.selectionStart ?? line.value.length });
    let answer;
    try {
      answer = await fetch(`${line.dataset.wordsUrl}?${query}`, { headers: { "HX-Request": "true" } });
    } catch { return; } // without the network one types on by oneself
    if (!answer.ok) return;
    const words = await answer.text();
    if (mine !== asked || document.activeElement !== line) return;
    list.innerHTML = words;
    show(options().length > 0);
  }

  function close() {
    asked += 1;
    clearTimeout(timer);
    show(false);
  }

  function take(option) {
    line.value = option.dataset.line;
    line.setSelectionRange(Number(option.dataset.at), Number(option.dataset.at));
    line.focus();
    close();
    if (/:$/.test(line.value.slice(0, Number(option.dataset.at)))) complete();
  }

  line.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    if (!line.value.trim()) close();
    else timer = setTimeout(complete, 120);
  });
  line.addEventListener("blur", close);

  const moves = {
    ArrowDown: (at, all) => all[(at + 1) % all.length],
    ArrowUp: (at, all) => all[(at <= 0 ? all.length : at) - 1],
  };

  line.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const move = moves[event.key];
    const isAsItCame = line.value === line.defaultValue && !event.altKey;
    if (event.key === "ArrowDown" && list.hidden && isAsItCame && artel.enter?.()) event.preventDefault();
    else if (move && list.hidden) {
      event.preventDefault();
      complete();
    } else if (move) {
      event.preventDefault();
      const all = options();
      choose(move(all.indexOf(chosen()), all));
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen()) {
      event.preventDefault();
      take(chosen());
    }
  });

  // The line would lose the focus, and the list close before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });

  // Controls: each change is written into the line, which is what is sent

  const controls = $("#controls");
  const was = $("[name=was]", controls);
  let writing = Promise.resolve();
  let written = true; // what the controls say stands in the line

  function set(control, value) {
    if (control.type === "checkbox") control.checked = value !== "";
    else if (control.tagName === "SELECT" && ![...control.options].some((one) => one.value === value))
      control.add(new Option(value, value, false, true));
    else control.value = value;
  }

  async function write(query) {
    const answer = await fetch(`${line.dataset.lineUrl}?${query}`);
    if (!answer.ok) throw new Error(answer.status);
    const { line: words, values } = await answer.json();
    line.value = was.value = words;
    for (const [name, value] of Object.entries(values)) set($(`[name="${name}"]`, controls), value);
    written = true;
  }

  const after = (query) => {
    writing = writing.then(() => write(query)).catch(() => {}); // then the server writes, when it is sent
  };
  const change = () => {
    written = false;
    after(new URLSearchParams(new FormData(form)));
  };
  controls.addEventListener("change", change);
  // Somebody was faster than this script.
  const isTouched = ({ type, options, value, defaultValue, checked, defaultChecked }) =>
    options ? !([...options].find((one) => one.defaultSelected) ?? options[0]).selected
      : type === "checkbox" ? checked !== defaultChecked : value !== defaultValue;
  if ($$("select, input:not([type=hidden])", controls).some(isTouched)) change();
  // What was typed since they were last seen, they show.
  controls.closest("details").addEventListener("toggle", (event) => {
    if (event.target.open && written && line.value.trim() !== was.value) after(new URLSearchParams({ q: line.value }));
  });

  form.addEventListener("submit", (event) => {
    if (controls.disabled) return;
    event.preventDefault();
    writing.then(() => {
      controls.disabled = written;
      form.submit();
    });
  });
  // By keys one goes through the orders: each is sent, and the next key is meant for the list again.
  const sort = $("#find-sort");
  const KEPT = "artel-sort";
  let isByKeys = false;
  sort.addEventListener("keydown", () => { isByKeys = true; });
  sort.addEventListener("pointerdown", () => { isByKeys = false; });
  sort.addEventListener("change", () => {
    try { if (isByKeys) sessionStorage.setItem(KEPT, "on"); } catch { /* it has no focus then */ }
    form.requestSubmit();
  });
  try {
    if (sessionStorage.getItem(KEPT)) sort.focus();
    sessionStorage.removeItem(KEPT);
  } catch { /* as above */ }

  // Coming back by the browser's history finds the page as it was left.
  addEventListener("pageshow", () => { controls.disabled = false; });
})();
