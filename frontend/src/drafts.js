// <form data-draft="address" data-saved="…" data-unsaved="…">: what is typed is kept on the server a moment later.
// The server answers 204, or 409 when the form itself was faster. Handing the form in calls back what is on its way.
import { on } from './events.js';

const PAUSE = 1000;
const waiting = new WeakMap();
const under_way = new WeakMap();

const tell = (form, text) => {
  const place = form.querySelector('[data-draft-state]');
  if (place) place.textContent = text;
};

const call_back = (form) => {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  const sending = under_way.get(form);
  under_way.delete(form);
  if (sending) sending.abort();
};

const save = async (form) => {
  if (under_way.has(form)) { // one after the other, or the older might come last
    waiting.set(form, setTimeout(save, PAUSE, form));
    return;
  }
  waiting.delete(form);
  const sending = new AbortController();
  under_way.set(form, sending);
  try {
    const answer = await fetch(form.dataset.draft, {
      method: 'POST', body: new FormData(form), headers: { 'X-Requested-With': 'draft' }, signal: sending.signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const now = new Date();
    const clock = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
    tell(form, `${form.dataset.saved} ${clock}`);
    if (!waiting.has(form)) delete form.dataset.dirty;
  } catch {
    if (!sending.signal.aborted) tell(form, form.dataset.unsaved);
  } finally {
    if (under_way.get(form) === sending) under_way.delete(form);
  }
};

on('input', 'form[data-draft]', (form) => {
  form.dataset.dirty = '1';
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(save, PAUSE, form));
});
document.addEventListener('submit', (event) => {
  call_back(event.target);
  delete event.target.dataset.dirty;
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'hidden') return;
  document.querySelectorAll('form[data-draft][data-dirty]').forEach((form) => {
    call_back(form);
    navigator.sendBeacon(form.dataset.draft, new FormData(form));
  });
});
