// Sentences said once stay until they are closed: nobody has to read against the clock.
import { on, whenShown } from './events.js';

whenShown('.toast:not([data-ready])', (toast) => {
  toast.dataset.ready = '1';
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-label', document.body.dataset.close);
  button.textContent = '×';
  toast.append(button);
});
on('click', '.toast button', (button) => button.closest('.toast').remove());
