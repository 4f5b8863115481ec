// What every page has: htmx, and small behaviours found by data attributes. Every page works without it.
import 'htmx.org';
import './menu.js';
import './dialogs.js';
import './forms.js';
import './drafts.js';
import './toasts.js';
import './across.js';
import './printing.js';
