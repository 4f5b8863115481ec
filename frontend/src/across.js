// What scrolls sideways can be scrolled by keyboard too; what fits is no stop on the way of the Tab key.
import { whenShown } from './events.js';

const look = (place) => {
  if (place.scrollWidth > place.clientWidth) {
    place.tabIndex = 0;
    place.setAttribute('role', 'region');
    place.setAttribute('aria-label', place.dataset.across);
  } else {
    ['tabindex', 'role', 'aria-label'].forEach((name) => place.removeAttribute(name));
  }
};
whenShown('[data-across]', look);
window.addEventListener('resize', () => document.querySelectorAll('[data-across]').forEach(look));
