// Listens on the document, so that what htmx brings in later is heard too.
export const on = (type, selector, act) => document.addEventListener(type, (event) => {
  const element = event.target.closest ? event.target.closest(selector) : null;
  if (element) act(element, event);
});

// Calls act for everything that is on the page now, and again for what htmx brings in.
export const whenShown = (selector, act) => {
  const look = (root) => root.querySelectorAll(selector).forEach(act);
  look(document);
  document.addEventListener('htmx:after:swap', () => look(document));
};
