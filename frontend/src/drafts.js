// <form data-draft="address" data-saved="…" data-unsaved="…">: what is typed is kept on the server a moment later.
// The server answers 204, or 409 when somebody else has the newer draft.
import { on } from './events.js';

const PAUSE = 1000;
const waiting = new WeakMap();

const tell = (form, text) => {
  const place = form.querySelector('[data-draft-state]');
  if (place) place.textContent = text;
};

const save = async (form) => {
  waiting.delete(form);
  const body = new FormData(form);
  try {
    const answer = await fetch(form.dataset.draft, { method: 'POST', body, headers: { 'X-Requested-With': 'draft' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const now = new Date();
    const clock = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
    tell(form, `${form.dataset.saved} ${clock}`);
    delete form.dataset.dirty;
  } catch {
    tell(form, form.dataset.unsaved);
  }
};

on('input', 'form[data-draft]', (form) => {
  form.dataset.dirty = '1';
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(save, PAUSE, form));
});
document.addEventListener('submit', (event) => {
  clearTimeout(waiting.get(event.target));
  delete event.target.dataset.dirty;
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'hidden') return;
  document.querySelectorAll('form[data-draft][data-dirty]').forEach((form) => {
    clearTimeout(waiting.get(form));
    navigator.sendBeacon(form.dataset.draft, new FormData(form));
  });
});
