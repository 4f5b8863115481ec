import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
console.log(NavigatedViewer);
