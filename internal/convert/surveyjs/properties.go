package surveyjs

import (
	"slices"

	"glasspoll/internal/message"
)

// ignoredProperties have no meaning for a survey here, by the reason.
var ignoredProperties = map[message.Key][]string{
	"pages lay themselves out": {"width", "minWidth", "maxWidth", "widthMode", "colCount", "colSpan", "indent", "innerIndent", "startWithNewLine", "titleLocation",
		"titleAlign", "descriptionLocation", "questionTitleLocation", "questionTitleWidth", "questionDescriptionLocation", "questionErrorLocation", "errorLocation",
		"showNumber", "showQuestionNumbers", "questionStartIndex", "questionTitlePattern", "requiredMark", "requiredText", "itemTitleWidth", "itemErrorLocation", "inputSize", "size", "rows", "cols",
		"autoGrow", "autoGrowComment", "allowResize", "allowResizeComment", "commentAreaRows", "acceptCarriageReturn", "renderAs", "displayMode", "mobileView",
		"state", "gridLayoutEnabled", "gridLayoutColumns", "gridColumns", "fitToContainer", "headerView", "header", "backgroundImage", "backgroundImageFit", "backgroundImageAttachment",
		"backgroundOpacity", "themeVariables", "cssType", "itemComponent", "cellComponent", "inputFieldComponent", "rateColorMode", "scaleColorMode", "displayRateDescriptionsAsExtremeItems",
		"rateDescriptionLocation", "logoWidth", "logoHeight", "logoFit", "logoPosition", "showTitle", "showPageTitles", "imageHeight", "imageWidth", "imageFit", "contentMode", "minImageWidth",
		"minImageHeight", "maxImageWidth", "maxImageHeight", "showLabel", "verticalAlign", "alternateRows", "columnMinWidth", "rowTitleWidth", "showHeader", "columnLayout", "columnColCount",
		"transposeData", "horizontalScroll", "separateSpecialChoices", "showClearButton", "swapOrder", "useTitleAsLabel", "itemSize", "columnCount", "inputTextAlignment", "textWrapEnabled", "allowAdaptiveActions",
		"hideNumber", "showLabels", "labelCount", "tooltipVisibility", "labelFormat", "tooltipFormat", "showInMultipleColumns", "selectToRankAreasLayout", "selectToRankSwapAreas",
		"selectToRankEmptyRankedAreaText", "selectToRankEmptyUnrankedAreaText", "longTap", "searchMode", "matrixDragHandleArea", "singleInputTitleTemplate", "showBrandInfo", "panelsState", "tabAlign",
		"detailPanelMode", "detailErrorLocation", "cellErrorLocation", "templateTitleLocation", "templateQuestionTitleLocation", "templateQuestionTitleWidth", "templateErrorLocation", "newPanelPosition",
		"removePanelButtonLocation", "addRowLocation", "addRowButtonLocation"},
	"pages have buttons and a sign of progress of their own": {"showNavigationButtons", "navigationButtonsLocation", "showPrevButton", "navigationButtonsVisibility", "showProgressBar", "progressBarLocation",
		"progressBarType", "progressBarShowNavigationText", "progressBarShowPageTitles", "progressBarShowPageNumbers", "progressBarNavigationTextLocation", "progressBarInheritWidthFrom", "showTOC",
		"tocLocation", "tocItemComponent", "goNextPageAutomatic", "allowCompleteSurveyAutomatic", "autoAdvanceEnabled", "autoAdvanceAllowComplete", "questionsOnPageMode", "isSinglePage", "firstPageIsStarted", "firstPageIsStartPage",
		"showPreviewBeforeComplete", "previewMode", "navigationTitle", "navigationDescription", "showPageNumbers", "focusFirstQuestionAutomatic", "focusOnFirstError", "autoFocusFirstQuestion", "autoFocusFirstError", "showCompletedPage", "showCompletePage",
		"requiredPanelMark", "renderMode", "currentIndex"},
	"answers are kept in one way only":         {"cookieName", "sendResultOnPageNext", "partialSendEnabled", "storeOthersAsComment", "clearInvisibleValues", "clearIfInvisible", "textUpdateMode", "storeDataAsText", "surveyId", "surveyPostId", "surveyShowDataSaving", "waitForUpload", "valuePropertyName", "useDisplayValuesInTitle", "useDisplayValuesInDynamicTexts", "includeIntoResult", "dataFormat", "saveMaskedValue", "sjsVersion", "$schema"},
	"answers are checked in one way only":      {"checkErrorsMode", "validateVisitedEmptyFields", "notificationType"},
	"how one chooses follows from the type":    {"allowClear", "searchEnabled", "closeOnSelect", "hideSelectedItems", "choicesLazyLoadEnabled", "choicesLazyLoadPageSize", "autocomplete", "autoComplete", "selectToRankEnabled", "allowSwap", "allowDragRange"},
	"nothing is repeated, so nothing is added": {"allowAddPanel", "allowRemovePanel", "allowAddRows", "allowRemoveRows", "panelAddText", "panelRemoveText", "addPanelText", "removePanelText", "prevPanelText", "nextPanelText", "confirmDelete", "confirmDeleteText", "noEntriesText", "keyName", "keyDuplicationError", "addRowText", "removeRowText", "showRangeInProgress", "tabTitlePlaceholder", "templateTabTitle", "panelPrevText", "panelNextText"},
}

// droppedProperties have a meaning that surveys here cannot give them, by the reason.
var droppedProperties = map[message.Key][]string{
	"nothing is preselected here":                                   {"defaultValue", "defaultValueExpression", "defaultRowValue", "defaultPanelValue", "setValueIf", "setValueExpression", "resetValueIf", "copyDefaultValueFromLastEntry", "defaultDisplayValue", "defaultValueFromLastPanel"},
	"answers are neither right nor wrong here":                      {"correctAnswer"},
	"the form has messages of its own":                              {"requiredErrorText", "otherErrorText", "minErrorText", "maxErrorText", "stepErrorText"},
	"boxes have no placeholder: say it in help":                     {"placeholder", "placeHolder", "otherPlaceholder", "otherPlaceHolder", "commentPlaceholder", "optionsCaption"},
	"the form's buttons and notices have words of their own":        {"completeText", "pagePrevText", "pageNextText", "startSurveyText", "previewText", "editText", "completedBeforeHtml", "loadingHtml", "emptySurvey"},
	"there is no time limit":                                        {"timeLimit", "timeLimitPerPage", "maxTimeToFinish", "maxTimeToFinishPage", "showTimer", "showTimerPanel", "showTimerPanelMode", "timerLocation", "timerInfoMode"},
	"pictures are not shown":                                        {"logo", "imageLink", "imagePosition", "choiceImage"},
	"respondents stay on the survey's own pages":                    {"navigateToUrl"},
	"questions stand in the order in which they are written":        {"questionsOrder", "questionOrder", "elementsOrder", "randomize", "randomizeCategory", "rowsOrder", "rowOrder"},
	"what is typed is not reshaped":                                 {"maskType", "maskSettings", "dataList", "allowDigits", "allowCustomChoices", "createCustomChoiceText"},
	"limits cannot depend on other answers: use check":              {"minValueExpression", "maxValueExpression"},
	"conditions stand at each option here":                          {"rowsVisibleIf", "columnsVisibleIf", "hideIfChoicesEmpty", "hideIfRowsEmpty"},
	"all texts have one limit of length each: see max_length":       {"maxTextLength", "maxCommentLength", "maxOthersLength"},
	"answers of this type have no limit of length":                  {"maxLength", "minLength"},
	"options hold no questions":                                     {"elements", "isCommentRequired", "showCommentArea"},
	"nothing is calculated from answers here":                       {"totalType", "totalExpression", "totalText", "totalFormat", "totalDisplayStyle", "totalAlignment", "totalCurrency", "totalMaximumFractionDigits", "totalMinimumFractionDigits", "bindings"},
	"rows hold no other questions":                                  {"detailElements", "cellHint", "isUnique"},
	"the survey as a whole cannot be closed to answers: use window": {"readOnly", "mode"},
	"a slider has no words of its own along it":                     {"customLabels", "minRangeLength", "maxRangeLength"},
	"the values of options come from one list":                      {"choiceValuesFromQuestion", "choiceTextsFromQuestion", "choicesFromQuestionMode"},
}

// reasonFor returns why a property is ignored or dropped; "" if it is not among the reasons.
func reasonFor(reasons map[message.Key][]string, property string) message.Key {
	for why, names := range reasons {
		if slices.Contains(names, property) {
			return why
		}
	}
	return ""
}
