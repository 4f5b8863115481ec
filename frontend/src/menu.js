// The menu of narrow screens. Without JavaScript it opens as the target of its link.
import { on } from './events.js';

const menu = document.getElementById('menu');
const opener = document.querySelector('[data-menu]');

const show = (open) => {
  menu.classList.toggle('is-open', open);
  opener.setAttribute('aria-expanded', String(open));
  if (open) menu.querySelector('a').focus();
  else opener.focus();
};

if (menu && opener) {
  opener.setAttribute('role', 'button');
  opener.setAttribute('aria-expanded', 'false');
  opener.setAttribute('aria-controls', 'menu');
  on('click', '[data-menu]', (_, event) => { event.preventDefault(); show(!menu.classList.contains('is-open')); });
  on('click', '.menu-close', (_, event) => { event.preventDefault(); show(false); });
  document.addEventListener('click', (event) => {
    if (menu.classList.contains('is-open') && !event.target.closest('#menu, [data-menu]')) show(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.classList.contains('is-open')) show(false);
  });
}
