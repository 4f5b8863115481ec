// <button data-dialog="id"> opens a dialog; closing gives the focus back to what opened it.
import { on } from './events.js';

on('click', '[data-dialog]', (opener, event) => {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog || !dialog.showModal) return; // then a link leads to the page that asks the same
  event.preventDefault();
  dialog.addEventListener('close', () => opener.focus(), { once: true });
  dialog.showModal();
});
on('click', '[data-shut]', (button) => button.closest('dialog').close());
on('click', 'dialog', (dialog, event) => { if (event.target === dialog) dialog.close(); });

// a button that is shut says why when pressed, and does nothing else
on('click', '[aria-disabled="true"]', (_, event) => event.preventDefault());
