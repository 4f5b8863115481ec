// The page of the interface's description: <div id="api-docs" data-url="openapi.json">.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';

const place = document.getElementById('api-docs');
SwaggerUI({
  domNode: place, url: place.dataset.url, docExpansion: 'list', deepLinking: true, validatorUrl: null, tryItOutEnabled: false,
  plugins: [() => ({ wrapComponents: { info: () => () => null } })], // the page has its own heading
  onComplete: () => { place.dataset.ready = '1'; },
});
