// Counters, rows of lists, the error summary, one submit at a time.
import { on, whenShown } from './events.js';

whenShown('#error-summary', (summary) => summary.focus());

const count = (area) => {
  const place = document.querySelector(`[data-count="${CSS.escape(area.id)}"]`);
  if (!place) return;
  place.hidden = false;
  place.textContent = `${[...area.value].length} / ${area.dataset.most}`;
};
whenShown('textarea[data-most]', count);
on('input', 'textarea[data-most]', count);

// rows: the template holds __row__ where the number of the row stands
const ATTRIBUTES = ['id', 'name', 'for', 'value', 'aria-describedby', 'data-listing', 'data-count'];

const renumber = (listing) => {
  const path = listing.dataset.listing;
  const numbered = new RegExp(`^((?:f-|hint-|wrong-|why-)?${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\.)(?:__row__|\\d+)(?=\\.|$)`);
  listing.querySelectorAll(':scope > [data-rows] > [data-row]').forEach((row, index) => {
    const inside = [...row.querySelectorAll('*')];
    row.querySelectorAll('template').forEach((one) => inside.push(...one.content.querySelectorAll('*')));
    for (const element of inside) {
      for (const name of ATTRIBUTES) {
        const value = element.getAttribute(name);
        if (value && numbered.test(value)) element.setAttribute(name, value.replace(numbered, `$1${index}`));
      }
    }
    const title = row.querySelector(':scope > .listing__head > span, :scope > .grow > .field > label > [data-order]');
    if (title) title.textContent = title.textContent.replace(/__order__|\d+/, String(index + 1));
  });
};

on('click', '[data-add]', (button, event) => {
  event.preventDefault();
  const listing = button.closest('[data-listing]');
  const rows = listing.querySelector(':scope > [data-rows]');
  if (rows.children.length >= Number(listing.dataset.most)) return;
  const row = listing.querySelector(':scope > template').content.firstElementChild.cloneNode(true);
  rows.append(row);
  renumber(listing);
  const first = row.querySelector('input, select, textarea');
  if (first) first.focus();
  listing.dispatchEvent(new Event('input', { bubbles: true }));
});
on('click', '[data-remove]', (button, event) => {
  event.preventDefault();
  const listing = button.closest('[data-listing]');
  button.closest('[data-row]').remove();
  renumber(listing);
  listing.querySelector(':scope > .button').focus();
  listing.dispatchEvent(new Event('input', { bubbles: true }));
});

// pressing twice sends once; the button comes back with the page
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method === 'post' && !form.hasAttribute('hx-post')) form.dataset.sent = '1';
});
window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent));
